"""What an auditor reads first of an export: what is in it, what it proves and what it does not, and the one command that checks it."""

from __future__ import annotations

from collections.abc import Sequence

from claims import __version__

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
bundle.json　　包内每个文件的SHA-256

三、内容
{'、'.join(events)}
导出时已重算一遍：
{replayed}

四、个人信息
通知书、会签表、公示和本说明中的身份证件号码已作遮盖（通知书列明收款账号）。vault/中的原始文件和结果、decisions.csv等机器核对用的文件保留完整号码和银行账号，不作遮盖就无法重算：
请按个人信息管理要求保管本包，用后销毁。
"""
