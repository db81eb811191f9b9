import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def change_types(schema_editor):
    """On PostgreSQL, make the columns of the type json, which keeps the order of keys."""
    if schema_editor.connection.vendor == "postgresql":
        for column in ("summary", "comparison"):
            schema_editor.execute(
                f"ALTER TABLE noising_corpus ALTER COLUMN {column} TYPE json "
                f"USING {column}::json"
            )


class Migration(migrations.Migration):

    dependencies = [
        ('noising', '0012_schedule_title'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Corpus',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('text', 'Text'), ('ids', 'Ids'), ('counts', 'Counts')], max_length=6)),
                ('tokenizer', models.CharField(blank=True, default='', help_text='The tokenizer of a text.', max_length=50)),
                ('vocab_size', models.PositiveIntegerField()),
                ('tokens', models.BigIntegerField(help_text='Number of tokens.')),
                ('size_bytes', models.BigIntegerField(help_text='Bytes of the stored tokens.')),
                ('sha256', models.CharField(help_text='SHA-256 of what was given.', max_length=64)),
                ('summary', models.JSONField(help_text='Sizes, entropies, classes, frequent tokens.')),
                ('comparison', models.JSONField(help_text='The newest comparison of schedules on the corpus.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='corpora', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'corpora',
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='CorpusTokens',
            fields=[
                ('corpus', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='content', serialize=False, to='noising.corpus')),
                ('content', models.BinaryField(help_text='Tokens, offsets and types, or counts.')),
            ],
        ),
        migrations.AddIndex(
            model_name='corpus',
            index=models.Index(fields=['owner', '-created_at'], name='corpus_of_owner'),
        ),
        migrations.AddConstraint(
            model_name='corpus',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['text', 'ids', 'counts'])), name='corpus_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='corpus',
            constraint=models.CheckConstraint(condition=models.Q(('tokens__gte', 2), ('vocab_size__gte', 2)), name='corpus_sizes_in_range'),
        ),
        migrations.RunPython(
            lambda apps, schema_editor: change_types(schema_editor),
            migrations.RunPython.noop,
            elidable=False,
        ),
    ]
