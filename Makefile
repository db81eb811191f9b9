# The two commands of README.md. scripts/ and manage.py do the work.
.PHONY: run test

run:
	@scripts/setup requirements.txt
	@.venv/bin/python manage.py bootstrap
	@exec .venv/bin/python manage.py serve

test:
	@scripts/setup requirements-dev.txt
	@[ "$$CI" != true ] && [ "$$TORCH" != 1 ] || scripts/setup requirements-torch.txt
	@exec scripts/test
