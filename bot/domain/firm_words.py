"""Words that firms' names are made of: places, trades, legal forms, words of every day."""

from typing import Final

PLACES: Final = (
    "北京 上海 天津 重庆 广东 江苏 浙江 山东 河南 四川 湖北 湖南 福建 安徽 河北 陕西 辽宁 江西 云南 "
    "广西 山西 贵州 吉林 黑龙江 内蒙古 新疆 甘肃 海南 宁夏 青海 西藏 香港 澳门 台湾 深圳 广州 杭州 "
    "南京 苏州 成都 武汉 西安 长沙 郑州 青岛 济南 宁波 无锡 合肥 佛山 东莞 厦门 福州 昆明 大连 沈阳 "
    "哈尔滨 石家庄 南昌 南宁 常州 温州 珠海 惠州 中山 中国"
).split()
TRADE_ZH: Final = (
    "集团|控股|实业|科技|信息|技术|软件|网络|数据|智能|系统|电子|通信|工程|建设|建筑|建工|装饰|设计|"
    "咨询|管理|服务|贸易|商贸|投资|发展|制造|机械|设备|重工|材料|能源|环保|物流|地产|置业|股份|市政|"
    "路桥|机电|监理|园林|钢构|幕墙|消防|水务|水利|交通|铁路|电力|检测|勘察|规划|租赁|医疗|医药|食品|"
    "农业|教育|文化|传媒|广告|酒店|汽车|电器|电气|化工|纺织|家居|资产|开发|运营|建材|钢铁|矿业|造价|"
    "安装|生物|自动化|新材料|新能源|供应链|光电|装备|器械|器材|仪器|仪表|照明|门窗|家具|包装|印刷|服装|"
    "塑料|橡胶|五金|模具|精密|电源|电池|半导体|航空|船舶|轨道|制药|餐饮|零售|商业|印务|电缆|阀门|泵业"
)
TRADE_EN: Final = (
    "construction|constructions|engineering|engineers|builders|building|developments?|consulting|"
    "consultants|estates|civils|trading|logistics|technology|technologies|systems|software|solutions|"
    "services|industries|manufacturing|robotics|energy|partners|ventures|holdings?|group|international"
)
LEGAL_WORDS: Final = (
    "co|company|corp|corporation|inc|incorporated|ltd|limited|llc|llp|plc|gmbh|ag|pte|pty"
)
_PLAIN: Final = frozenset(
    "远方 未来 阳光 希望 大地 长城 东方 光明 时代 世纪 银河 高峰 天空 新世界 世界 方向 前进 永恒 和平 "
    "中心 方正 现代 新时代 太阳 月亮 星空 海洋 海天 蓝天 白云 长江 黄河 泰山 昆仑 珠江 华夏 中华 神州 "
    "先锋 先进 创新 开拓 进步 腾飞 起点 基石 桥梁 纽带 家园 家乡 故乡 春天 秋天 金秋 朝阳 夕阳 彩虹 "
    "幸福 快乐 健康 平安 吉祥 如意 顺利 成功 胜利 团结 友谊 和谐 诚信 信任 真诚 用心 匠心 同心 共赢 "
    "今天 明天 后天 昨天 今年 明年 去年 本周 下周 上周 早上 上午 中午 下午 晚上 现在 以后 之前 最近 马上 "
    "发展 建设 工程 智慧 智能 科技 数字 云端 网络 信息 平台 系统 标准 品质 质量 专业 卓越 优秀 一流 "
    "东海 南海 北方 南方 西部 中部 东部 西南 东南 西北 东北 华东 华南 华北 华中 城市 乡村 小镇 广场 "
    "苹果 小米 大米 橙子 石头 金石 火焰 天下 天地 天马 千里 万里 百年 千年 永久 长久 联合 宏图 伟业 安心 放心 大家 共创 新建 在建 中间 时间 问题 长远 远大 宏大 "
    "summit horizon pioneer beacon frontier harmony keystone compass bridge target crown orange apple "
    "shell progress signal future vision focus unity union liberty freedom victory phoenix eagle falcon "
    "lion tiger wolf bear fox hawk dolphin ocean river lake mountain valley forest meadow garden sunrise "
    "sunset dawn spring summer autumn winter north south east west central national general standard "
    "universal global first premier prime royal imperial king queen prince castle tower gate gateway key "
    "anchor harbour harbor port bay coast island stone rock granite iron steel copper silver gold diamond "
    "crystal pearl ruby amber jade cobalt carbon oxygen energy power spark flame fire light bright star "
    "stars sun moon sky cloud rain storm thunder wind wave stream source origin root roots branch leaf "
    "tree oak pine cedar maple willow ash elm rose lily orchid clover harvest bloom seed fresh green blue "
    "red black white grey gray yellow purple square circle triangle point line edge corner cross arrow "
    "shield sword guard guardian ranger scout hunter mason cooper smith baker butler carter turner "
    "insight concept design method logic reason sense mind idea spirit soul heart hand hands voice echo "
    "pulse rhythm tempo motion dynamic momentum velocity swift rapid quick smart clever simple clear pure "
    "true trust faith hope grace noble honest fair just open access link bond connect network system "
    "systems solution solutions service services quality value impact result results success achieve "
    "advance leader leading legacy heritage tradition modern next new day today tomorrow time moment era "
    "century millennium planet earth world terra nova alpha beta gamma delta omega sigma prism vector "
    "matrix axis apex zenith peak top high cascade canyon ridge cliff monarch regent sterling civic "
    "lantern meridian atlas juniper quest journey path road way street lane home house office side site "
    "park market station hill canal queens harbour portal field works wharf mill mills avenue plaza".split()
)


def plain(norm: str) -> bool:
    """Whether a name is a word of every day."""
    if norm in _PLAIN:
        return True
    if len(norm) > 4 or not norm or not "\u4e00" <= norm[0] <= "\u9fff":
        return False
    from pypinyin.phrases_dict import phrases_dict  # noqa: PLC0415 - as above

    return norm in phrases_dict
