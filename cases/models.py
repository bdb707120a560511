"""The models of cases: each subject has its own `models_*.py`, all are read from here."""

from cases.models_api import IdempotencyKey
from cases.models_bulk import BulkRow, BulkRun
from cases.models_case import Case, CaseEvent, CaseState, Outcome
from cases.models_control import Control
from cases.models_events import (
    CasePrint,
    EventOffer,
    EventOrder,
    EventOrderRow,
    MassEvent,
    OfferMember,
    RepeatPair,
    RepeatTally,
    WordCount,
)
from cases.models_evidence import Picture
from cases.models_exchange import ReferenceImport
from cases.models_handover import Handover, HandoverRow, Orphan
from cases.models_lists import FirstView, SavedView
from cases.models_messages import Attachment, Citizen, Message
from cases.models_news import News, Position, Touched
from cases.models_parts import Participation
from cases.models_presence import DraftCopy, Presence
from cases.models_quality import QualitySetting, WeightProposal, own_until
from cases.models_reference import (
    CaseKind,
    Channel,
    Reason,
    ReasonKind,
    RoutingRule,
    Territory,
    Topic,
    TopicGroup,
)
from cases.models_replies import Draft, Finding, Reply
from cases.models_reuse import (
    AgencyTexts,
    CopiedFamily,
    FamilyChange,
    FamilyShare,
    Formula,
    FormulaMark,
    ReplyKey,
    ReplyPrint,
)
from cases.models_review import Review, ReviewClaim, ReviewTask
from cases.models_tabs import TabCount
from cases.models_templates import ReplyTemplate, TemplateUse
from cases.models_terms import Clock, DeadlineRule
from cases.models_waiting import Waiting
from cases.models_watch import JobFailure, LadderStep, Recount, Reminder, TaskMark, TermChange
from cases.models_work import Appeal, Assignment, Mark, Paper, Promise, WorkflowSetting
from cases.workflow import Regime

__all__ = [
    "AgencyTexts",
    "Appeal",
    "Assignment",
    "Attachment",
    "BulkRow",
    "BulkRun",
    "Case",
    "CaseEvent",
    "CaseKind",
    "CasePrint",
    "CaseState",
    "Channel",
    "Citizen",
    "Clock",
    "Control",
    "CopiedFamily",
    "DeadlineRule",
    "Draft",
    "DraftCopy",
    "EventOffer",
    "EventOrder",
    "EventOrderRow",
    "FamilyChange",
    "FamilyShare",
    "Finding",
    "FirstView",
    "Formula",
    "FormulaMark",
    "Handover",
    "HandoverRow",
    "IdempotencyKey",
    "JobFailure",
    "LadderStep",
    "Mark",
    "MassEvent",
    "Message",
    "News",
    "OfferMember",
    "Orphan",
    "Outcome",
    "Paper",
    "Participation",
    "Picture",
    "Position",
    "Presence",
    "Promise",
    "QualitySetting",
    "Reason",
    "ReasonKind",
    "Recount",
    "ReferenceImport",
    "Regime",
    "Reminder",
    "RepeatPair",
    "RepeatTally",
    "Reply",
    "ReplyKey",
    "ReplyPrint",
    "ReplyTemplate",
    "Review",
    "ReviewClaim",
    "ReviewTask",
    "RoutingRule",
    "SavedView",
    "TabCount",
    "TaskMark",
    "TemplateUse",
    "TermChange",
    "Territory",
    "Topic",
    "TopicGroup",
    "Touched",
    "Waiting",
    "WeightProposal",
    "WordCount",
    "WorkflowSetting",
    "own_until",  # a migration names it here
]
