"""What invented firms, people and messages are put together from."""

from typing import Final

OWN_DOMAIN: Final = "keqing-bench.example"
FREE_DOMAINS: Final = ("qq.com", "163.com", "126.com", "foxmail.com", "gmail.com", "outlook.com")

PLACES: Final = (
    "北京 上海 天津 重庆 浙江 江苏 山东 湖北 四川 福建 广东 陕西 安徽 河南 深圳 广州 杭州 南京 苏州 "
    "成都 武汉 西安 长沙 青岛 宁波 厦门"
).split()
BRAND: Final = (
    "岚阙沐禾铎霁珂澜砚鹭屿楚垣秦坞启晟泓瀚煜峤琮璟昶骁翊翎萱蔚荣骏鹏鼎鑫森淼磊晖曜朗恒泰瑞祥"
    "嘉裕隆昌盛茂宏博雅智睿哲卓越凌云腾翔驰骋锦绣华筑匠基岩峰峻岭川溪泽润湘赣皖冀晋豫鲁粤滇黔"
    "建健江疆成诚宏鸿金锦新欣中众大达天添东冬海安远元方芳立力"
)
"""Characters that firms like in their names, many of them said alike."""
TRADES: Final = (
    "建设 建工 建筑 工程 市政 装饰 置业 地产 路桥 机电 监理 设计 咨询 能源 环保 科技 物流 制造"
).split()
LEGAL: Final = ("有限公司", "集团有限公司", "股份有限公司", "有限责任公司", "工程有限公司")
PLAIN_ZH: Final = (
    "远方 未来 阳光 希望 大地 长城 东方 光明 时代 世纪 银河 高峰 天空 新世界 方向 前进 永恒 和平"
).split()
"""Words of every day that firms are called by."""
SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN: Final = (
    "伟芳敏静磊洋艳勇军杰娟涛明超霞平刚桂英华玉萍红建文志强国海燕雪梅欣怡浩宇晨曦思远嘉琪"
)
AREAS: Final = {
    "zh": "滨江 城北 东湖 西溪 南站 金湖 临港 新城 老街 桃源 望江 高铁 空港 大学城 会展 码头 环城".split(),
    "en": "Harbour Street,Mill Lane,Queens Park,Station Road,Market Square,Canal Side,Dockyard".split(
        ","
    ),
}
KINDS: Final = {
    "zh": (
        ("智慧工地平台", "工地"),
        ("劳务实名制系统", "实名制"),
        ("BIM深化咨询", "BIM"),
        ("工程档案数字化", "档案"),
        ("基坑监测", "监测"),
        ("渣土车管理平台", "渣土车"),
        ("预制构件追溯", "追溯"),
        ("三期", "三期"),
        ("二期", "二期"),
    ),
    "en": (
        ("Site Platform", "site platform"),
        ("BIM Coordination", "BIM"),
        ("Document Archive", "archive"),
        ("Workforce Register", "register"),
        ("Digital Handover", "handover"),
        ("Phase 2", "phase 2"),
    ),
}
EN_FIRST: Final = (
    "North South East West High Stone Oak Ash Elm Red White Black Silver Gold Iron Copper Mill Lake "
    "River Fern Hazel Raven Swan Wolf Fox Hart Crown King Queen Bishop Abbot Marsh Moor Heather Thorn "
    "Clover Barley Winter Summer Spring Harrow Tanner Cooper Mason Fletcher Sander Whit Brad Hamp Kil"
).split()
EN_LAST: Final = (
    "gate bridge field ford wick mere dale brook haven crest holm stead worth combe wood shaw thorpe "
    "bury minster pool ridge well cliff bourne ley ton"
).split()
EN_SECOND: Final = (
    "Meridian Atlas Falcon Juniper Cobalt Amber Beacon Summit Pioneer Union Civic Keystone Lantern "
    "Compass Anchor Granite Willow Cedar Maple Orchid Horizon Vector Prism Cascade Harvest Sterling "
    "Monarch Saxon Tudor Regent"
).split()
EN_TRADES: Final = (
    "Construction Engineering Builders Developments Consulting Estates Civils".split()
)
EN_LEGAL: Final = ("Ltd", "Limited", "Pte. Ltd.", "Inc.", "LLC", "Group plc")
PLAIN_EN: Final = (
    "Summit Horizon Pioneer Beacon Frontier Harmony Keystone Compass Bridge Target Crown Orange "
    "Apple Shell Progress Signal Future"
).split()
EN_NAMES: Final = (
    "Alice Brian Carla Derek Elena Felix Gina Henry Irene Jonas Kara Leo Mona Nigel Olive Peter Rosa "
    "Simon Tara Victor"
).split()
SAID: Final = {
    "zh": (
        "今天的会几点开始？",
        "图纸我看过了，第三页标注不清楚，麻烦改一下",
        "设备已经收到，数量对得上，谢谢",
        "发票抬头按上次的来，下周付款",
        "昨天掉线两次，现在怎么样了？",
        "领导想再加一个统计报表，需要多少钱",
        "培训效果不错，大家都会用了",
        "明天上午安排人过来看一下现场吧",
        "这周能不能把进度发我一份",
        "验收的资料还差两份，什么时候能补齐",
        "你们的工程师电话打不通",
        "收到，我转给同事",
        "预算已经批下来了，可以走合同流程了",
        "刚才发的表格打不开，换个格式",
    ),
    "en": (
        "What time does the meeting start today?",
        "I went through the drawings, page three is hard to read, please correct it",
        "The parcel arrived and the count is right, thank you",
        "Same invoice address as last time, payment next week",
        "It dropped out twice yesterday, how does it look now?",
        "Our director wants one more report, what would that cost",
        "The training went well, everybody can use it",
        "Could somebody come over tomorrow morning and have a look",
        "Please send me the schedule for this week",
        "Two papers are missing for the acceptance, when can we expect them",
        "Nobody picks up the phone on your side",
        "Noted, I will pass it on",
    ),
}
ABOUT: Final = {
    "zh": ("关于{}：", "{}这边，", "【{}】", "我是{}的，", "{} ", "你好，{}的事情："),
    "en": ("About {}: ", "{} here. ", "[{}] ", "I am with {}. ", "Re {} - "),
}
PLAIN_TALK: Final = {
    "zh": (
        "我们对{}的合作充满期待",
        "说不清{}在哪里，改天再聊",
        "还是要看{}怎么样，祝好",
    ),
    "en": (
        "we are still far from the {}, talk later",
        "let us keep the {} in mind for next time",
        "that is a good {} to have, see you soon",
    ),
}
"""Sentences in which a firm's name is but a word."""
NUMBERS: Final = {
    "zh": ("发票号{}", "订单号：{}", "图号 {}", "快递单号{}，"),
    "en": ("Invoice no. {}", "PO {}", "drawing {} rev B,", "order number {}"),
}
SIGNED: Final = {
    "zh": "\n\n祝好\n{who}\n{firm}\n地址：某某路88号  传真：010-00000000",
    "en": "\n\nKind regards\n{who}\n{firm}\n88 Some Street",
}
