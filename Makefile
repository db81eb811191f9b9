# scripts/ and manage.py do the work. README.md describes `make run` and `make test`,
# .github/CONTRIBUTING.md the other.
.PHONY: run test test-postgres

run:
	@scripts/setup requirements.txt
	@.venv/bin/python manage.py bootstrap
	@exec .venv/bin/python manage.py serve

test:
	@scripts/setup requirements-dev.txt
	@[ "$$CI" != true ] && [ "$$TORCH" != 1 ] || scripts/setup requirements-torch.txt
	@exec scripts/test

test-postgres:
	@scripts/setup requirements-dev.txt
	@scripts/test-packages
	@exec scripts/with-postgresql .venv/bin/pytest \
		--numprocesses auto --dist loadfile --no-loadscope-reorder
