import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models


def change_type(schema_editor):
    """On PostgreSQL, make the column of the type json, which keeps the order of keys."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "ALTER TABLE noising_audit ALTER COLUMN report TYPE json USING report::json"
        )


class Migration(migrations.Migration):

    dependencies = [
        ('noising', '0007_help_texts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Audit',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(blank=True, default='', help_text='What was audited, such as a function or a commit.', max_length=100)),
                ('verdict', models.CharField(choices=[('passed', 'Passed'), ('failed', 'Failed')], max_length=6)),
                ('codes', models.JSONField(blank=True, default=list, help_text='The codes of the findings, causes first.')),
                ('fingerprint', models.CharField(help_text='SHA-256 of the claimed specification.', max_length=64)),
                ('rows', models.BigIntegerField()),
                ('tokens', models.BigIntegerField()),
                ('report', models.JSONField(help_text='Claim, findings, tests and curves.')),
                ('notes', models.TextField(blank=True, default='')),
                ('tags', models.JSONField(blank=True, default=list)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='audits', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='AuditPairs',
            fields=[
                ('audit', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='pairs', serialize=False, to='noising.audit')),
                ('suffix', models.CharField(help_text='The form, such as .npz.', max_length=20)),
                ('content', models.BinaryField()),
            ],
        ),
        migrations.AddIndex(
            model_name='audit',
            index=models.Index(fields=['archived_at', '-created_at', '-id'], name='audit_latest'),
        ),
        migrations.AddIndex(
            model_name='audit',
            index=models.Index(fields=['fingerprint'], name='audit_fingerprint'),
        ),
        migrations.AddConstraint(
            model_name='audit',
            constraint=models.CheckConstraint(condition=models.Q(('verdict__in', ['passed', 'failed'])), name='audit_verdict_known'),
        ),
        migrations.AddConstraint(
            model_name='audit',
            constraint=models.CheckConstraint(condition=models.Q(('rows__gte', 1), ('tokens__gte', models.F('rows'))), name='audit_counts_in_range'),
        ),
        migrations.AddConstraint(
            model_name='audit',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.Exact(django.db.models.functions.text.Length('fingerprint'), 64), name='audit_fingerprint_complete'),
        ),
        migrations.RunPython(
            lambda apps, schema_editor: change_type(schema_editor),
            migrations.RunPython.noop,
            elidable=False,
        ),
    ]
