"""The tables of a scenario folder: the public file format."""

from suanwang.model.schema import Column, Table
from suanwang.units.text import Text

CENTRE_KINDS = ("supercomputing", "intelligent", "general", "edge")
MICRO_MOST = 10**15
"""No single price or value above a billion yuan: keeps every product within 64 bits."""

CENTRES = Table(
    "centres",
    (
        Column("centre", "name", Text("id of the centre", "算力中心编号")),
        Column("name", "text", Text("name for people", "名称")),
        Column("kind", "name", Text("what it is built for", "类型"), choices=CENTRE_KINDS),
        Column("region", "name", Text("administrative code of its place", "所在地行政区划代码")),
        Column("hub", "name", Text("hub of the national network", "枢纽节点"), required=False),
        Column("lat", "decimal", Text("latitude, degrees north", "纬度"), least=-90, most=90, places=17),
        Column("lon", "decimal", Text("longitude, degrees east", "经度"), least=-180, most=180, places=17),
        Column("grid_zone", "name", Text("grid zone it draws from", "电网区域")),
        Column(
            "pue",
            "decimal",
            Text("power usage effectiveness", "电能利用效率"),
            least=1,
            most=10,
            places=17,
            doubtful_above=3,
        ),
        Column(
            "security_grade",
            "whole",
            Text("grade of protection, 1 to 5", "安全等级，1 至 5"),
            least=1,
            most=5,
        ),
        Column("operator", "text", Text("who runs it", "运营方")),
        Column(
            "catalogues",
            "names",
            Text("voucher programmes that list it, joined by ;", "列入的算力券方案，以 ; 分隔"),
            required=False,
        ),
    ),
    ("centre",),
    Text("compute centres", "算力中心"),
)

POOLS = Table(
    "pools",
    (
        Column("pool", "name", Text("id of the pool", "资源池编号")),
        Column("centre", "name", Text("centre it stands in", "所属算力中心"), refers="centres.centre"),
        Column("device", "name", Text("device class", "卡型"), refers="devices.device"),
        Column("devices", "decimal", Text("number of devices", "卡数"), least=0, most=10**8, places=3),
        Column(
            "devices_per_node",
            "decimal",
            Text("devices in one node", "每节点卡数"),
            least=0.001,
            most=10**6,
            places=3,
        ),
        Column(
            "power_w_per_device",
            "decimal",
            Text("power of a busy device, W", "满载功率，瓦/卡"),
            least=0,
            most=10**6,
            places=17,
            doubtful_below=1,
            doubtful_above=20_000,
        ),
        Column(
            "idle_w_per_device",
            "decimal",
            Text("power of an idle device, W", "空载功率，瓦/卡"),
            least=0,
            most=10**6,
            places=17,
            doubtful_above=10_000,
        ),
        Column(
            "price_micro_per_device_hour",
            "whole",
            Text("price without electricity, micro-yuan per device-hour", "不含电费的价格，微元/卡时"),
            least=0,
            most=MICRO_MOST,
            doubtful_below=1_000,
            doubtful_above=10**9,
        ),
    ),
    ("pool",),
    Text("pools: one class of device in one centre", "资源池：一个中心里的一类卡"),
)

DEVICES = Table(
    "devices",
    (
        Column("device", "name", Text("device class", "卡型")),
        Column("maker", "text", Text("who makes it", "厂商")),
        Column("domestic", "truth", Text("made by a domestic maker", "国产")),
        Column(
            "fp16_pflops",
            "decimal",
            Text("dense FP16 peak, PFLOPS", "FP16 稠密峰值，PFLOPS"),
            least=0,
            most=10**6,
            places=17,
            doubtful_above=20,
        ),
        Column(
            "fp64_tflops",
            "decimal",
            Text("FP64 peak, TFLOPS", "FP64 峰值，TFLOPS"),
            required=False,
            least=0,
            most=10**6,
            places=17,
            doubtful_above=10_000,
        ),
        Column(
            "memory_gb",
            "decimal",
            Text("memory of one device, GB", "每卡内存，GB"),
            least=0,
            most=10**6,
            places=17,
            doubtful_below=0.1,
            doubtful_above=4_000,
        ),
    ),
    ("device",),
    Text("device classes", "卡型"),
    required=False,
)

SIGNALS = Table(
    "signals",
    (
        Column("grid_zone", "name", Text("grid zone", "电网区域")),
        Column("slot", "whole", Text("slot", "时段"), least=0),
        Column(
            "price_micro_per_kwh",
            "decimal",
            Text("price of electricity, micro-yuan per kWh; may be negative", "电价，微元/千瓦时，可为负"),
            least=-(10**10),
            most=10**10,
            places=17,
            doubtful_below=-5_000_000,
            doubtful_above=20_000_000,
        ),
        Column(
            "carbon_g_per_kwh",
            "decimal",
            Text("location-based carbon intensity, g/kWh", "碳排放强度（位置法），克/千瓦时"),
            least=0,
            most=10**7,
            places=17,
            doubtful_above=2_000,
        ),
    ),
    ("grid_zone", "slot"),
    Text("price and carbon of electricity in every grid zone and slot", "每个电网区域每个时段的电价与碳强度"),
)

GREEN = Table(
    "green",
    (
        Column("centre", "name", Text("centre", "算力中心"), refers="centres.centre"),
        Column("slot", "whole", Text("slot", "时段"), least=0),
        Column(
            "green_w",
            "decimal",
            Text("contracted green power, W", "合同绿电功率，瓦"),
            least=0,
            most=10**12,
            places=17,
        ),
        Column(
            "price_micro_per_kwh",
            "decimal",
            Text("its price, micro-yuan per kWh", "绿电价格，微元/千瓦时"),
            least=-(10**9),
            most=10**9,
            places=17,
        ),
    ),
    ("centre", "slot"),
    Text("green power that a centre may use", "中心可用的绿电"),
    required=False,
)

REGIONS = Table(
    "regions",
    (
        Column("region", "name", Text("administrative code", "行政区划代码")),
        Column("name", "text", Text("name for people", "名称")),
        Column("lat", "decimal", Text("latitude, degrees north", "纬度"), least=-90, most=90, places=17),
        Column("lon", "decimal", Text("longitude, degrees east", "经度"), least=-180, most=180, places=17),
    ),
    ("region",),
    Text(
        "regions and their points; without it, the built-in provinces and cities",
        "地区及其坐标；缺省用内置省市",
    ),
    required=False,
)

LINKS = Table(
    "links",
    (
        Column("region", "name", Text("region", "地区")),
        Column("centre", "name", Text("centre", "算力中心"), refers="centres.centre"),
        Column(
            "rtt_ms",
            "decimal",
            Text("round trip, ms", "往返时延，毫秒"),
            least=0,
            most=10**6,
            places=17,
            doubtful_above=1_000,
        ),
        Column(
            "cost_micro_per_gb",
            "decimal",
            Text("cost of moving data, micro-yuan per GB", "数据传输费，微元/GB"),
            least=0,
            most=9 * 10**9,
            places=17,
            doubtful_above=10**8,
        ),
        Column(
            "gbps",
            "decimal",
            Text("bandwidth for one job, Gbit/s; empty: not limited", "单作业带宽，Gbit/s；空为不限"),
            required=False,
            least=0.000001,
            most=10**6,
            places=6,
        ),
    ),
    ("region", "centre"),
    Text(
        "links between regions and centres; a missing pair follows from the distance",
        "地区与中心间的链路；缺省按距离推算",
    ),
    required=False,
)

OUTAGES = Table(
    "outages",
    (
        Column("pool", "name", Text("pool", "资源池"), refers="pools.pool"),
        Column("from_slot", "whole", Text("first slot", "起始时段"), least=0),
        Column("to_slot", "whole", Text("end, exclusive", "结束时段（不含）"), least=1),
        Column(
            "devices_lost",
            "decimal",
            Text("devices missing meanwhile", "期间减少的卡数"),
            least=0,
            most=10**8,
            places=3,
        ),
    ),
    (),
    Text("times when devices are missing; they add up", "停机；可叠加"),
    required=False,
)

PAIRINGS = Table(
    "pairings",
    (
        Column("from_region", "name", Text("eastern region", "来源地区")),
        Column("to_hub", "name", Text("western hub", "目的枢纽")),
        Column(
            "discount_bp",
            "whole",
            Text("discount, basis points", "折扣，基点"),
            required=False,
            least=0,
            most=10_000,
        ),
        Column(
            "quota_device_hours",
            "decimal",
            Text("device-hours it covers", "卡时额度"),
            required=False,
            least=0,
            most=10**12,
            places=17,
        ),
        Column("from_slot", "whole", Text("first slot", "起始时段"), least=0),
        Column("to_slot", "whole", Text("end, exclusive", "结束时段（不含）"), least=1),
    ),
    (),
    Text("pairings of an eastern region and a western hub", "结对子"),
    required=False,
)

JOBS = Table(
    "jobs",
    (
        Column("job", "name", Text("id of the job", "作业编号")),
        Column("release_slot", "whole", Text("first slot it may use", "最早时段"), least=0),
        Column("deadline_slot", "whole", Text("latest end, exclusive", "最晚结束时段（不含）"), least=1),
        Column(
            "options",
            "text",
            Text(
                "alternatives device:units[xnodes]:slots joined by ;",
                "可选方案 卡型:每节点卡数[x节点数]:时段数，以 ; 分隔",
            ),
        ),
        Column("region", "name", Text("region of its user", "用户所在地区")),
        Column(
            "data_region",
            "name",
            Text("where the input lies; empty: the region", "输入数据所在地区；空为用户地区"),
            required=False,
        ),
        Column(
            "gb_in",
            "decimal",
            Text("input, GB", "输入，GB"),
            least=0,
            most=4_000_000,
            places=17,
            doubtful_above=1_000_000,
        ),
        Column(
            "gb_out",
            "decimal",
            Text("output, GB", "输出，GB"),
            least=0,
            most=4_000_000,
            places=17,
            doubtful_above=1_000_000,
        ),
        Column(
            "max_rtt_ms",
            "decimal",
            Text("longest round trip to its region, ms", "最大往返时延，毫秒"),
            required=False,
            least=0,
            most=10**6,
            places=17,
        ),
        Column(
            "min_security_grade",
            "whole",
            Text("lowest grade of the centre", "最低安全等级"),
            required=False,
            least=1,
            most=5,
        ),
        Column(
            "residency",
            "names",
            Text(
                "prefixes of region codes it must stay in, joined by ;",
                "数据驻留：行政区划代码前缀，以 ; 分隔",
            ),
            required=False,
        ),
        Column(
            "value_micro",
            "whole",
            Text("what is lost if it is not served, micro-yuan", "未安排的损失，微元"),
            least=0,
            most=MICRO_MOST,
        ),
        Column("enterprise", "name", Text("who submits it", "提交企业"), required=False),
    ),
    ("job",),
    Text("jobs", "作业"),
)

SCENARIO_TABLES = (CENTRES, POOLS, DEVICES, SIGNALS, GREEN, REGIONS, LINKS, OUTAGES, PAIRINGS, JOBS)
