from .page import report_page as report_page
from .page import write_report as write_report
from .terminal import ranked_table as ranked_table
