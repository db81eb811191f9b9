"""Audits and their comparisons in responses."""

from typing import Any

from rest_framework import serializers

from noising.models import Audit


class AuditSerializer(serializers.ModelSerializer[Audit]):
    """An audit: its verdict and what was audited."""

    codes = serializers.ListField(
        read_only=True,
        child=serializers.CharField(),
        help_text="Codes of the findings, causes first.",
    )
    schedule_type = serializers.CharField(
        read_only=True, help_text="Type of the claimed schedule."
    )
    graph_type = serializers.CharField(
        read_only=True, help_text="Type of the claimed graph."
    )
    has_pairs = serializers.BooleanField(
        read_only=True, help_text="Whether the pairs are kept."
    )
    tags = serializers.ListField(read_only=True, child=serializers.CharField())
    owner = serializers.CharField(
        source="owner.username", read_only=True, allow_null=True
    )
    url = serializers.HyperlinkedIdentityField(
        view_name="v1:audit-detail", lookup_url_kwarg="audit_id"
    )

    class Meta:
        """The keys, in the order of the response."""

        model = Audit
        fields: tuple[str, ...] = (
            "id",
            "name",
            "verdict",
            "codes",
            "schedule_type",
            "graph_type",
            "fingerprint",
            "rows",
            "tokens",
            "has_pairs",
            "notes",
            "tags",
            "owner",
            "created_at",
            "archived_at",
            "url",
        )
        read_only_fields = fields
        extra_kwargs = {"rows": {"min_value": 1}, "tokens": {"min_value": 1}}


class AuditFindingSerializer(serializers.Serializer[Any]):
    """A fault that an audit found."""

    code = serializers.CharField()
    severity = serializers.ChoiceField(
        choices=["error", "warning"],
        help_text="warning: it may follow from another finding.",
    )
    title = serializers.CharField()
    sentence = serializers.CharField(help_text="The fault with its measured values.")
    measured = serializers.FloatField(allow_null=True)
    expected = serializers.FloatField(allow_null=True)
    p_value = serializers.FloatField(
        allow_null=True, help_text="Adjusted for the number of tests."
    )
    cases = serializers.IntegerField(help_text="How many tests show it.")
    way_out = serializers.CharField()
    may_follow_from = serializers.ListField(child=serializers.CharField())


class AuditTestSerializer(serializers.Serializer[Any]):
    """The tests of one code."""

    code = serializers.CharField()
    tests = serializers.IntegerField()
    p_value = serializers.FloatField(allow_null=True)
    smallest_fault = serializers.FloatField(
        allow_null=True,
        help_text="The smallest deviation that a test finds with the chance 0.99; null "
        "if one event is enough.",
    )
    case = serializers.CharField()


class AuditReportSerializer(serializers.Serializer[Any]):
    """The report of `noising.audit`."""

    audit_version = serializers.IntegerField()
    verdict = serializers.CharField()
    specification = serializers.DictField()
    fingerprint = serializers.CharField()
    false_alarm_rate = serializers.FloatField()
    claims = serializers.DictField()
    rows = serializers.IntegerField()
    tokens = serializers.IntegerField()
    findings = AuditFindingSerializer(many=True)
    tests = AuditTestSerializer(many=True)
    best_fits = serializers.ListField(child=serializers.DictField())
    notes = serializers.ListField(child=serializers.CharField())
    curves = serializers.DictField(help_text="Measured and expected values for plots.")


class AuditDetailSerializer(AuditSerializer):
    """An audit with its report."""

    report = AuditReportSerializer(read_only=True)

    class Meta(AuditSerializer.Meta):
        """The same keys, and the report."""

        fields = (*AuditSerializer.Meta.fields, "report")


class AuditDifferenceSerializer(serializers.Serializer[Any]):
    """A part of the claim that differs between the audits."""

    name = serializers.CharField()
    values = serializers.DictField(help_text="Values by the audit's id.")


class AuditResultSerializer(serializers.Serializer[Any]):
    """What one audit says of one code."""

    is_tested = serializers.BooleanField()
    finding = AuditFindingSerializer(allow_null=True)
    test = AuditTestSerializer(allow_null=True)
    change = serializers.ChoiceField(
        choices=["new", "gone", "still", "never"],
        help_text="Whether the finding is there, compared with the baseline.",
    )


class AuditComparedCodeSerializer(serializers.Serializer[Any]):
    """One code in all of the audits."""

    code = serializers.CharField()
    values = serializers.DictField(
        child=AuditResultSerializer(), help_text="Results by the audit's id."
    )


class AuditComparisonSerializer(serializers.Serializer[Any]):
    """A comparison of audits."""

    ids = serializers.ListField(child=serializers.UUIDField())
    baseline = serializers.UUIDField()
    parameters = AuditDifferenceSerializer(many=True)
    codes = AuditComparedCodeSerializer(many=True)
