"""Every report by its code, in the order of their numbers."""

from reports.definitions import Report
from reports.made.agencies import R2, R3, R14
from reports.made.places import R6, R7, R13, R15
from reports.made.quality import R4, R5
from reports.made.regimes import R10, R11
from reports.made.registers import R8, R9
from reports.made.weekly import R1

REPORTS: dict[str, Report] = {
    report.code: report for report in (R1, R2, R3, R4, R5, R6, R7, R8, R9, R10, R11, R13, R14, R15)
}
