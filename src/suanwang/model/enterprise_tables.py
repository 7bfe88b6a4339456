"""The registry of enterprises as files: a folder of tables, CSV or Parquet, checked like a scenario."""

from suanwang.model.enterprise import ENTERPRISE_KINDS, TIERS
from suanwang.model.schema import Column, Table
from suanwang.model.size_class import INDUSTRIES
from suanwang.units.text import Text

MOST_MICRO = 9 * 10**18
"""Every figure fits in 64 bits, where integer arithmetic of the predicates is exact."""

ENTERPRISES = Table(
    "enterprises",
    (
        Column("code", "name", Text("unified social credit code", "统一社会信用代码")),
        Column("name", "name", Text("name", "名称")),
        Column("region", "name", Text("administrative division, six digits", "行政区划代码，六位")),
        Column("kind", "name", Text("kind of body", "主体类型"), choices=ENTERPRISE_KINDS),
        Column("industry", "name", Text("industry of the size rule", "划型行业"), choices=INDUSTRIES),
        Column("established", "text", Text("day it was founded, YYYY-MM-DD", "成立日期"), required=False),
        Column("staff", "whole", Text("staff", "从业人员"), required=False, least=0, most=10**7),
        Column(
            "revenue_micro",
            "whole",
            Text("revenue of the last year, micro-yuan", "上年营业收入，微元"),
            required=False,
            least=0,
            most=MOST_MICRO,
        ),
        Column(
            "assets_micro",
            "whole",
            Text("total assets, micro-yuan", "资产总额，微元"),
            required=False,
            least=0,
            most=MOST_MICRO,
        ),
        Column("tier", "name", Text("tier of cultivation", "梯度培育层级"), required=False, choices=TIERS),
        Column("cluster", "text", Text("industry cluster", "产业集群"), required=False),
    ),
    ("code",),
    Text("enterprises, universities, institutes and makers", "企业、高校、科研院所与创客"),
)

CREDIT_FLAGS = Table(
    "credit_flags",
    (
        Column("code", "name", Text("enterprise", "企业"), refers="enterprises.code"),
        Column("kind", "name", Text("what happened", "失信类型")),
        Column("since", "name", Text("first day, YYYY-MM-DD", "起始日期")),
        Column(
            "lifted",
            "text",
            Text("day it was taken off; empty: stands", "移出日期；空为未移出"),
            required=False,
        ),
        Column("source", "name", Text("who says so", "来源")),
    ),
    ("code", "kind", "since"),
    Text("marks against an enterprise's name", "失信记录"),
    required=False,
)

RELATED = Table(
    "related",
    (
        Column("code", "name", Text("enterprise", "企业"), refers="enterprises.code"),
        Column("party", "name", Text("code of its related party", "关联方代码")),
    ),
    ("code", "party"),
    Text("related parties, said once for both", "关联关系，任一方列出即可"),
    required=False,
)

FACTS = Table(
    "facts",
    (
        Column("code", "name", Text("enterprise", "企业"), refers="enterprises.code"),
        Column("fact", "name", Text("name of the fact, as programmes declare it", "事实名称")),
        Column("kind", "name", Text("kind of value", "值类型"), choices=("whole", "truth", "text")),
        Column("value", "name", Text("value", "值")),
        Column("source", "name", Text("where it is from", "来源")),
        Column("as_of", "name", Text("of what day, YYYY-MM-DD", "日期")),
    ),
    ("code", "fact"),
    Text("what else is known, each with source and day", "其他事实，附来源与日期"),
    required=False,
)

LIBRARY = Table(
    "library",
    (
        Column("code", "name", Text("enterprise", "企业"), refers="enterprises.code"),
        Column("library", "name", Text("library it is in", "所在培育库")),
    ),
    ("code", "library"),
    Text("who is in which cultivation library", "培育库名单"),
    required=False,
)

REGISTRY_TABLES = (ENTERPRISES, CREDIT_FLAGS, RELATED, FACTS, LIBRARY)
