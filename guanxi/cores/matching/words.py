"""The words that a customer's name is made of, beside the one it is known by."""

from __future__ import annotations

import re
from typing import Final

LEGAL: Final = re.compile(
    r"(股份有限公司|有限责任公司|集团有限公司|控股有限公司|有限公司|股份公司|集团公司|总公司|公司|集团|"
    r"普通合伙|有限合伙|合伙企业|个人独资企业)+$"
)
REGISTERED: Final = re.compile(r"(公司|厂|合伙企业|普通合伙|有限合伙|事务所|个人独资企业)$")
"""How names end that only one may bear in a place."""
LEGAL_WEST: Final = frozenset(
    (
        "ltd limited inc incorporated llc llp plc corp corporation company co gmbh ag kg ohg sa sas sarl sl "
        "spa srl bv nv as ab aps oy kk kft lda ltda doo sro ca pty pte pvt sdn bhd cv de zoo sp eirl hb ks "
        "eood jsc ooo"
    ).split()
)
"""Legal forms of other countries, without points; only at the end of a name."""
LITTLE: Final = frozenset("the and of de la le el di da do der die das und et y e for".split())
BRANCH: Final = re.compile(
    r"(分公司|子公司|分院|院区|分店|支行|分行|营业部|门诊部|校区|分校|办事处|分部|分所|分社|分中心|经营部|第.{1,2}分公司)$"
)
PART: Final = re.compile(
    r"(体检中心|食堂|基金会|工会|工会委员会|校友会|附属小学|附属中学|附属幼儿园|幼儿园|稽查大队|服务中心|停车场|药房|后勤|家属委员会|图书馆|"
    r"门诊部|急诊部|住院部|职工医院|有限公司|有限责任公司)$"
)
"""How names end of what belongs to an institution, behind the institution's own name."""
BRANCH_WEST: Final = frozenset(
    "branch centre center office fund canteen warehouse depot outlet foundation club union subsidiary division".split()
)
INSTITUTION: Final = re.compile(
    r"(医院|卫生院|保健院|保健所|防治院|防治所|防治站|疗养院|护理院|中心|研究院|研究所|设计院|学校|中学|小学|大学|学院|幼儿园|局|"
    r"委员会|委|馆|协会|学会|商会|基金会|工会|银行|支行|出版社|法院|检察院|派出所|站|院|所|队|部|处|社|政府|街道|中|小)$"
)
GENERAL: Final = re.compile(
    r"第?[一二三四五六七八九十\d]+|人民|中心|医院|中医|中西医结合|妇幼|保健|骨伤科|精神病|皮肤病|防治|红十字会?|区|市|县|院|所|站|学校|"
    r"实验|小学|中学|大学|学院|公司|卫生|服务|社区|职工|肿瘤|口腔|眼科|妇产|银行|局|厂|店|委员会|税务|教育|监督|管理|市场|健康|公共资源|"
    r"交易|疾病预防控制|图书|档案|体育|博物|馆|公安|分"
)
"""What institutions are called that every town has."""
ORGANISATION: Final = re.compile(
    r"(医院|公司|中心|学校|中学|小学|大学|学院|幼儿园|研究院|研究所|保健院|保健所|银行|局|馆|厂)"
)
"""After such a word a second name may begin, or what belongs to the first."""
SURNAMES: Final = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛"
    "雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路"
    "娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊於惠甄曲家封"
    "芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘斜厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲台从鄂索咸籍赖卓蔺屠"
    "蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡"
    "国文寇广禄阙东欧利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公肖覃闫付"
)
COMPOUND_SURNAMES: Final = frozenset(
    (
        "欧阳 司马 上官 诸葛 夏侯 皇甫 尉迟 公孙 慕容 令狐 长孙 宇文 司徒 轩辕 东方 独孤 南宫 万俟 闻人 端木 "
        "百里 呼延 澹台 鲜于 司空 钟离 单于"
    ).split()
)
TITLE: Final = re.compile(
    r"(先生|女士|小姐|太太|老师|经理|老板|主任|医生|师傅|院长|校长|局长|董事长|总监|总|姐|哥|工)$"
)
TRADES: Final = frozenset(
    (
        "电子 科技 信息 技术 软件 网络 智能 数码 数据 系统 通信 通讯 电信 互联网 传感器 芯片 半导体 集成电路 "
        "光电 光伏 光学 激光 仪器 仪表 自动化 机器人 机械 机电 机床 精密 模具 五金 工具 轴承 阀门 泵业 液压 "
        "紧固件 零部件 配件 汽车 汽配 摩托车 电动车 轮胎 汽修 修理 电梯 起重 电气 电器 电力 电机 电缆 电池 "
        "照明 灯具 灯饰 开关 变压器 能源 新能源 石油 燃气 煤炭 环保 环境 水务 节能 化工 化学 涂料 油漆 染料 "
        "塑料 塑胶 橡胶 树脂 玻璃 陶瓷 瓷业 水泥 建材 石材 木业 家具 家居 地板 门窗 钢构 钢结构 钢铁 金属 "
        "铝业 铜业 铸造 锻造 热处理 建筑 建设 市政 路桥 装饰 装修 幕墙 园林 绿化 景观 工程 设计 监理 勘察 "
        "测绘 检测 检验 认证 物业 房地产 置业 地产 开发 物流 货运 运输 快递 快运 仓储 航运 船舶 航空 供应链 "
        "国际货运 代理 报关 进出口 外贸 贸易 商贸 商业 百货 超市 便利店 批发 零售 电子商务 食品 粮油 饮料 "
        "乳业 酒业 白酒 啤酒 茶业 茶叶 茶铺 茶 肉类 水产 海鲜 渔具 调味品 餐饮 饭店 大饭店 酒楼 大酒楼 火锅 "
        "火锅店 羊肉馆 面馆 饼家 酒店 宾馆 旅馆 民宿 旅游 旅行社 农业 农产品 种业 种子 饲料 畜牧 养殖 花卉 "
        "农机 化肥 农药 林业 纺织 印染 针织 服饰 服装 丝绸 毛纺 棉纺 棉纺织 羊绒 鞋业 皮革 皮件 箱包 家纺 "
        "布艺 饰品 珠宝 首饰 钟表 眼镜 玩具 文具 礼品 工艺品 包装 印刷 纸业 造纸 彩印 广告 传媒 文化 影视 "
        "影业 出版 动漫 游戏 体育 健身 美容 美发 化妆品 日化 洗涤 家政 医疗 医药 药业 制药 药房 大药房 "
        "医疗器械 器械 生物 基因 保健 养老 健康 口腔 眼科 骨科 妇产 中医 兽药 教育 培训 咨询 人力资源 劳务 "
        "财务 会计 税务 法律 律师 知识产权 投资 资产 基金 担保 租赁 典当 保险 证券 小额贷款 安防 消防 保安 "
        "会展 服务 管理 书店 照相馆 电表 制品 制造 设备 材料 器材 实业 工贸 发展 企业 国际 产业 控股 集团 "
        "连锁 商行 经营部 门市部 工作室 后勤"
    ).split()
)
WEAK: Final = frozenset(
    (
        "科技 技术 制造 制品 设备 材料 器材 实业 发展 企业 国际 产业 控股 集团 服务 管理 工程 系统 连锁 股份 "
        "商贸 开发"
    ).split()
)
"""Trades that say little: they are left out and put in as people like."""
STREETS_WEST: Final = re.compile(
    r"\b(street|str|st|road|rd|avenue|ave|av|boulevard|blvd|bd|lane|ln|drive|dr|square|sq|place|pl|way|rue|via|viale|corso|calle|carrera|"
    r"gran|quai|no|nr|c)\b\.?|strasse\b|straße\b|str\.",
)
NUMERALS: Final = str.maketrans("0123456789", "零一二三四五六七八九")
ORDINAL: Final = re.compile(
    r"第?(十?[一二三四五六七八九]|[一二三四五六七八九]?十|百)(?=人民|医院|中学|小学|中医|中$|中(?![\u4e00-\u9fff])|院|小$|分|支|工|建|局|处|厂|部|附属|大队|监狱|棉|电|公司|职业|医)"
)
