package app

var chineseTipWords = tipWords{
	TipMore:     "更多",
	TipNext:     "下一个",
	TipPrevious: "上一个",
	TipStop:     "停止",
	TipPin:      "现在向观众展示，或取消展示",
	TipSetBack:  "恢复默认",
	TipDark:     "关闭嘉宾的摄像头",
	TipBright:   "重新允许嘉宾的摄像头",
	TipStrip:    "嘉宾的声音设置",
	TipTakeAway: "不再向观众展示",
	TipHide:     "对观众隐藏，或重新显示",
}
