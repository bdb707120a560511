"""Refused changes in sentences: worded once, beside nothing else."""

from typing import Any

from django.utils.translation import gettext_lazy as _

REFUSALS: dict[str, Any] = {
    "agency_inactive": _("This agency no longer works. Choose another one."),
    "executor_may_not_answer": _("This person may not answer for the case's agency."),
    "absence_backwards": _("The last day is before the first."),
    "absence_over": _("These days have passed already."),
    "absence_too_long": _("Name a deputy for a year at most."),
    "deputy_unfit": _("This person cannot stand in: choose a colleague who works in the portal."),
    "deputy_already": _("This person stands in on some of these days already."),
    "proposed_is_own": _("Name another agency: this one has the case already."),
    "redirect_to_same": _("The case is already at this agency. Refuse the redirect instead."),
    "no_agency": _("The case has no agency yet. Route it first."),
    "merge_into_itself": _("A case cannot be merged into itself."),
    "merge_target_missing": _("There is no case with this number to merge into."),
    "merge_target_merged": _("This case was merged into another one itself. Merge into that one."),
    "merge_target_ended": _("This case has ended. Merge into one that is still in work."),
    "calendar_gap": _(
        "The agency's working calendar ends before the term does. Ask the administrator to fill"
        " in the missing year."
    ),
    "extension_too_far": _("The new moment is more than a year away."),
    "reply_empty": _("Write the reply first."),
    "no_reply": _("There is no reply yet."),
    "blocked": _("The reply has a blocking remark. Mend it, or say why it must be sent as it is."),
    "grounds_missing": _("Choose at least one ground."),
    "reply_changed": _("There is a newer version of the reply. Read it first."),
    "reply_not_ready": _("This reply is not ready for publication."),
    "published_in_future": _("The moment of publication lies in the future."),
    "published_before_sent": _("The reply cannot be published before it was sent."),
    "url_missing": _("Paste the link to the published reply."),
    "not_controlled": _("The case is not under personal control."),
    "extension_not_later": _("The new moment must be later than the present one."),
    "extension_in_past": _("The new moment has already passed."),
    "note_empty": _("Write the note first."),
    "title_empty": _("Write the heading: lists show the case by it."),
    "file_type_refused": _(
        "Files of this type are not accepted: attach a photo, a video, PDF, DOCX or XLSX."
    ),
    "file_too_large": _("The file is larger than 15 megabytes."),
    "too_many_files": _("Ten files are attached already: take one away first."),
    "file_not_yours": _("Only a file of your own that no reply was sent with can be removed."),
    "rejection_waits": _("A rejection of this message waits for a second person already."),
    "no_rejection": _("Nobody has proposed to reject this message."),
    "own_rejection": _("You proposed it yourself: a second person confirms."),
    "dispute_too_late": _(
        "The seven days in which an appeal may be passed on are over. Answer it, or ask the other"
        " body for what you need."
    ),
    "no_first_response": _("The region keeps no term of a first response for this message."),
    "fast_track_pos_only": _("Only messages of the feedback platform have a fast track."),
    "appeal_stays": _("A registered appeal stays an appeal."),
    "incoming_missing": _("Write the incoming number."),
    "registered_impossible": _("The appeal cannot have been registered on this day."),
    "outgoing_number_missing": _("Write the outgoing number."),
    "outgoing_missing": _("Write the outgoing number."),
    "body_missing": _("Name the body the appeal goes to."),
    "site_address_missing": _("Give the address of the page with the answer."),
    "extended_already": _("The term was extended once already; the law knows no second time."),
    "extension_after_end": _("The term has ended: the notice had to be sent before."),
    "extension_beyond_law": _("The law extends by thirty days at most."),
    "no_term": _("No term runs for this case."),
    "new_arguments": _("An appeal with new arguments is answered."),
    "agreed_by_oneself": _("Somebody else must agree."),
    "answers_too_few": _("The question has not been answered often enough on its substance."),
    "kind_not_in_regime": _("This regime has no replies of this kind."),
    "promises_unseen": _("The text promises a day. Say whether it is a promise, and send again."),
    "promise_unknown": _("The text does not promise this day."),
    "proof_missing": _("Give the proof: a link or the act."),
    "move_untold": _("Paste the link to where the citizen was told of the new day."),
    "promise_needs_day": _("Name the day: an interim reply and planned works promise one."),
    "promise_not_ahead": _("The promised day must lie ahead."),
    "promise_beyond_term": _("The final reply is due earlier than this day."),
    "interim_after_final": _("The final reply was published already."),
    "interims_limit": _("No further interim reply is possible: give the final one."),
    "interim_needs_fact": _("A second interim reply must say what is new."),
    "plan_within_term": _("This day lies within the term: do the works and report them."),
    "plan_not_later": _("The new day must be later than the one promised before."),
    "postponements_limit": _(
        "The day has been moved too often. It may be moved again only under personal control."
    ),
    "reply_other_kind": _("A reply of this kind is published by another move."),
    "no_promise": _("Nothing is promised in this case."),
    "too_early": _("It is too early to take the planned works up."),
    "reopenings_limit": _("The author has had this question reopened as often as the limit says."),
    "marked_already": _("The author has given his mark for this reply already."),
    "survey_open": _("The author may still give his mark."),
    "not_by_itself": _("This case is ended by a person."),
}
