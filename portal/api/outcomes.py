"""What came of a call: of a move, a mark, a message that arrived, the check of a reply."""

from rest_framework import serializers

from cases.models import Case
from cases.workflow import Status
from portal.api.serializers import FindingSerializer


class MovedSerializer(serializers.Serializer):
    """The case after a move; `reply` only where the move made one."""

    number = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    version = serializers.IntegerField()
    agency = serializers.CharField(source="agency.code", default=None, allow_null=True)
    executor = serializers.SerializerMethodField()
    due_at = serializers.DateTimeField(allow_null=True)
    flagged = serializers.BooleanField()
    risk = serializers.FloatField(allow_null=True)
    reply = serializers.SerializerMethodField(help_text="id of the reply that was sent")

    def get_executor(self, case: Case) -> int | None:
        return case.executor_id

    def get_reply(self, case: Case) -> int | None:
        return self.context.get("reply")


class MarkedSerializer(serializers.Serializer):
    """What became of the case. No text: who brings marks need not be allowed to read."""

    number = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    version = serializers.IntegerField()


class ArrivedSerializer(serializers.Serializer):
    """What became of a message. No text: who imports need not be allowed to read."""

    number = serializers.CharField()
    result = serializers.ChoiceField(choices=["created", "updated", "unchanged"])
    message_version = serializers.IntegerField()
    case_version = serializers.IntegerField()


class QuestionSerializer(serializers.Serializer):
    number = serializers.IntegerField()
    text = serializers.CharField()
    answered = serializers.ChoiceField(choices=["yes", "part", "no"])


class SourceSerializer(serializers.Serializer):
    """An earlier reply; `case` and `agency` are null when its case is not yours to open."""

    letter = serializers.CharField()
    share = serializers.IntegerField(help_text="percent of the text taken from it")
    similarity = serializers.IntegerField(help_text="percent")
    case = serializers.CharField(allow_null=True)
    agency = serializers.CharField(allow_null=True)
    approved_text = serializers.BooleanField(help_text="a text approved for other cases")
    spans = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="[start, end) in code points of the text, then of the earlier one if it is"
        " yours to read",
    )


class PromisedDaySerializer(serializers.Serializer):
    """A day the text promises, to be confirmed on sending."""

    until = serializers.DateField()
    what = serializers.CharField()
    start = serializers.IntegerField(help_text="code points of the text")
    end = serializers.IntegerField()


class CheckSerializer(serializers.Serializer):
    """What the panel beside the editor shows."""

    score = serializers.IntegerField()
    risk = serializers.FloatField()
    band = serializers.ChoiceField(choices=["brush_off", "weak", "good"])
    flagged = serializers.BooleanField()
    similarity = serializers.IntegerField(help_text="percent")
    personal = serializers.IntegerField(help_text="percent of the author's own words")
    questions = QuestionSerializer(many=True)
    findings = FindingSerializer(many=True)
    sources = SourceSerializer(many=True)
    hidden_sources = serializers.IntegerField()
    other_replies = serializers.IntegerField(help_text="replies with this text beside the sources")
    sent_this_month = serializers.IntegerField(help_text="replies that are this very text")
    promised = PromisedDaySerializer(many=True, help_text="send those that hold as `promises`")
