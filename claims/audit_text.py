"""What an auditor reads first of an export: what is in it, what it proves and what it does not, and the one command that checks it."""

from __future__ import annotations

from collections.abc import Sequence

from claims import __version__
from claims.extract import Extract

CHECK = "claims audit check"


def month_cover(name: str, file: str, lines: int, head: str, events: Sequence[str], replayed: str) -> str:
    """The cover of the export of a month or a run. `events` are what it is made of, `replayed` is what computing it again found at the export."""
    return f"""审计导出：{name}

一、核对方法
在另一台装有同一版本程序（incentive-claims {__version__}）的计算机上，执行一条命令即可，不需要原来的工作区：

    {CHECK} {file}

该命令先核对包内每个文件的SHA-256和日志的哈希链，再从收到的原始文件起，按当时的政策、设置和日历，把这一月份的全部输出重新计算一遍，与包内的文件逐字节核对。
退出码0为全部相符，5为有不符，并指出第一处。程序版本与登记时不同的，按数值（表格逐格）核对，并予说明。

二、包内文件
workspace/journal.jsonl　　全部日志，共{lines}行，最后一行的哈希值为
　　{head}
　　请与工作区以外保存的哈希值（月度材料封面、备份记录）核对：两者一致，日志就没有被整体换掉。
workspace/vault/　　重算所需的文件，以SHA-256为名：收到的原始文件、当时的政策、设置和日历、各批次和各次经办的结果
workspace/out/　　批次的输出和通知书草稿
workspace/months/　　月度的会签表、奖补清单、公示、通知书和发文登记簿（已经封账的）
workspace/reviews/、payments/、adjustments/、commendations/　　补正通知书和清单、支付清单、更正通知书草稿、表彰名单（该月有的）
bundle.json　　包内每个文件的SHA-256

三、内容
{'、'.join(events)}
导出时已重算一遍：
{replayed}

四、个人信息
通知书、会签表、公示和本说明中的身份证件号码已作遮盖（通知书列明收款账号）。vault/中的原始文件和结果、decisions.csv等机器核对用的文件保留完整号码和银行账号，不作遮盖就无法重算：
请按个人信息管理要求保管本包，用后销毁。
"""


def claim_cover(claim_id: str, file: str, lines: int, head: str, extracts: Sequence[Extract]) -> str:
    """The cover of the export of one claim."""
    return f"""审计导出：申报{claim_id}

一、核对方法
在另一台装有同一版本程序（incentive-claims {__version__}）的计算机上，执行一条命令即可，不需要原来的工作区：

    {CHECK} {file}

该命令核对包内每个文件的SHA-256、日志的哈希链，并逐项证明下面示出的记录就是当时登记的记录。退出码0为全部相符，5为有不符，并指出第一处。

二、包内文件
经过.txt　　从收到申报起的每一件事：日期、经办人、文件
核定说明.html　　依据的单元格、每一步计算、条款、限额、解读
documents/　　通知书（已有的草稿和发文）；经过中提到的月度材料含其他申报人，不在包内
rows/　　登记的记录：收到的单元格、结果、步骤、批准、发文、支付等，一个文件一项结果，首行为各列名称，此后一行一条；
　　步骤（traced）一份申报一行，其中各个数值、文字、来件依次是什么，见step_name；限额一步一行（limit_traced）；
　　通知书（manifest）一行为一个文件的名称和SHA-256
workspace/journal.jsonl　　全部日志，共{lines}行，最后一行的哈希值为
　　{head}
　　请与工作区以外保存的哈希值（月度材料封面、备份记录）核对：两者一致，日志就没有被整体换掉。
bundle.json　　包内每个文件的SHA-256

三、示出什么，不示出什么
示出的是：本申报的记录，同一申报人的各项核定（限额按申报人累计），以及其单元格所指的机构、税收等登记。
其他申报人的记录不出工作区，每条只给出SHA-256。日志中有每项结果全部记录的总哈希值：由示出的记录和其他记录的SHA-256可以重新算出，
因此能够证明示出的记录没有改动，每项结果没有缺条；日志中写明本申报编号的各行（更正、异议）未全部示出的，核对时指出。
不能证明的是：只给出SHA-256的某一条不是本申报的；日志中未写明本申报编号的各行（批次、支付、退款、通知书等），其结果和通知书没有被整项取出。
SHA-256不能还原出内容，但对事先猜到全部内容的人不保密。
通知书与登记的SHA-256逐个核对。经过.txt和核定说明.html由上述记录写成，只受包内文件清单保护：以rows/和通知书为准。
限额与其他申报人有关的，请导出所在月份（claims audit export --month），该月将全部重新计算。

{chr(10).join(f"{_event(extract)}{extract.relation}　示出{extract.shown}条，共{extract.entry.body['results'][extract.relation]['rows']}条" for extract in extracts)}

四、个人信息
经过、核定说明和本说明中的身份证件号码已作遮盖；通知书列明收款账号。rows/中的记录按登记的原样，含完整号码和银行账号，不作遮盖就无法证明：
请按个人信息管理要求保管本包，用后销毁。日志整本附上，否则哈希链不能核对：其中有经办人姓名、来件的文件名、其他申报的编号和异议事由。
"""


def _event(extract: Extract) -> str:
    return f"日志第{extract.entry.sequence}行（{extract.entry.kind}）　"
