"""Provinces: the first two digits of an administrative code, their names and the point to draw them at.

Codes and names: GB/T 2260; points: the seats of their governments, rounded to a tenth of a degree (assumed,
for drawing only).
"""

import msgspec
import polars as pl

from suanwang.model.scenario import Scenario
from suanwang.units.text import Text, same


class Province(msgspec.Struct, frozen=True):
    """A province-level division."""

    name: Text
    lat: float
    lon: float


PROVINCES: dict[str, Province] = {
    "11": Province(Text("Beijing", "北京"), 39.9, 116.4),
    "12": Province(Text("Tianjin", "天津"), 39.1, 117.2),
    "13": Province(Text("Hebei", "河北"), 38.0, 114.5),
    "14": Province(Text("Shanxi", "山西"), 37.9, 112.5),
    "15": Province(Text("Inner Mongolia", "内蒙古"), 40.8, 111.7),
    "21": Province(Text("Liaoning", "辽宁"), 41.8, 123.4),
    "22": Province(Text("Jilin", "吉林"), 43.9, 125.3),
    "23": Province(Text("Heilongjiang", "黑龙江"), 45.8, 126.5),
    "31": Province(Text("Shanghai", "上海"), 31.2, 121.5),
    "32": Province(Text("Jiangsu", "江苏"), 32.1, 118.8),
    "33": Province(Text("Zhejiang", "浙江"), 30.3, 120.2),
    "34": Province(Text("Anhui", "安徽"), 31.9, 117.3),
    "35": Province(Text("Fujian", "福建"), 26.1, 119.3),
    "36": Province(Text("Jiangxi", "江西"), 28.7, 115.9),
    "37": Province(Text("Shandong", "山东"), 36.7, 117.0),
    "41": Province(Text("Henan", "河南"), 34.8, 113.7),
    "42": Province(Text("Hubei", "湖北"), 30.6, 114.3),
    "43": Province(Text("Hunan", "湖南"), 28.2, 113.0),
    "44": Province(Text("Guangdong", "广东"), 23.1, 113.3),
    "45": Province(Text("Guangxi", "广西"), 22.8, 108.4),
    "46": Province(Text("Hainan", "海南"), 20.0, 110.3),
    "50": Province(Text("Chongqing", "重庆"), 29.6, 106.5),
    "51": Province(Text("Sichuan", "四川"), 30.7, 104.1),
    "52": Province(Text("Guizhou", "贵州"), 26.6, 106.7),
    "53": Province(Text("Yunnan", "云南"), 25.0, 102.7),
    "54": Province(Text("Xizang", "西藏"), 29.7, 91.1),
    "61": Province(Text("Shaanxi", "陕西"), 34.3, 108.9),
    "62": Province(Text("Gansu", "甘肃"), 36.1, 103.8),
    "63": Province(Text("Qinghai", "青海"), 36.6, 101.8),
    "64": Province(Text("Ningxia", "宁夏"), 38.5, 106.3),
    "65": Province(Text("Xinjiang", "新疆"), 43.8, 87.6),
    "71": Province(Text("Taiwan", "台湾"), 25.0, 121.5),
    "81": Province(Text("Hong Kong", "香港"), 22.3, 114.2),
    "82": Province(Text("Macao", "澳门"), 22.2, 113.5),
}


def province_of(code: str) -> str:
    """The province of an administrative code, or the code itself where it is not one."""
    return code[:2] if code[:2] in PROVINCES and code.isdigit() else code


def provinces_of(codes: pl.Series) -> pl.Series:
    """`province_of` for a column; each distinct code is looked at once."""
    distinct = codes.unique().drop_nulls().to_list()
    return codes.replace_strict(distinct, [province_of(code) for code in distinct], return_dtype=pl.String)


class Places(msgspec.Struct, frozen=True):
    """Names and points of the provinces (or other regions) that a scenario speaks of."""

    names: dict[str, Text]
    points: dict[str, tuple[float, float]]
    """Longitude and latitude, degrees."""

    @classmethod
    def of(cls, scenario: Scenario) -> "Places":
        """The places of users and centres. A region that is no province has its row in `regions`."""
        regions = scenario.regions.select("region", "name", "lat", "lon").iter_rows()
        rows = {str(code): (str(name), float(lat), float(lon)) for code, name, lat, lon in regions}
        used = pl.concat([scenario.centres["region"], scenario.jobs["region"]]).unique(maintain_order=True)
        names: dict[str, Text] = {}
        points: dict[str, tuple[float, float]] = {}
        for place in dict.fromkeys(province_of(str(code)) for code in used):
            if place in PROVINCES:
                known = PROVINCES[place]
                names[place], points[place] = known.name, (known.lon, known.lat)
            elif place in rows:
                name, lat, lon = rows[place]
                names[place], points[place] = same(name or place), (lon, lat)
            else:
                names[place] = same(place)
        return cls(names, points)
