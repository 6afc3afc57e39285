"""The approval in advance of what the options of an engine say about updates, for the maintenance hours."""

from .standing import ApprovePolicy

UPDATE_ALL, APPROVE = "update_containers", "approve_update_policy"


class ApproveUpdates(ApprovePolicy):
    """Approves in advance that updates run by themselves, in the maintenance hours, by what the options say now."""

    key, covers = APPROVE, UPDATE_ALL
    rule = "updates_due"
    windows_only = True
