package simulate

import "bytes"

// What made-up workers write. Nobody has read these as a native speaker: they
// are for demonstrations and load, and never sent to a worker.
var (
	stories = map[string][]string{
		"my": {"စက်ရုံက လစာ နှစ်လ မပေးသေးဘူး။", "ပတ်စပို့ကို သူဌေးက သိမ်းထားတယ်။", "အချိန်ပိုကြေး မရဘူး။ တစ်ရက် ၁၄ နာရီ လုပ်ရတယ်။", "လက်ဒဏ်ရာ ရထားတယ်။ ဆေးရုံ မပို့ဘူး။"},
		"km": {"ក្រុមហ៊ុនមិនទាន់បើកប្រាក់ខែពីរខែហើយ។", "ថៅកែរក្សាទុកលិខិតឆ្លងដែនរបស់ខ្ញុំ។", "ខ្ញុំធ្វើការរាល់ថ្ងៃ គ្មានថ្ងៃឈប់សម្រាក។", "ខ្ញុំបានបង់លុយច្រើនដើម្បីបានការងារនេះ។"},
		"ne": {"कम्पनीले दुई महिनाको तलब दिएको छैन।", "मेरो राहदानी मालिकसँग छ।", "हप्तामा एक दिन पनि बिदा छैन।", "काम पाउन धेरै पैसा तिर्नुपर्\u200dयो।"},
		"th": {"โรงงานยังไม่จ่ายเงินเดือนสองเดือนแล้ว", "ไม่มีวันหยุดเลย ทำงานทุกวัน", "หัวหน้าตะโกนด่าและขู่ไล่ออก", "จ่ายค่าหางานไปเยอะมาก"},
		"en": {"The factory has not paid us for two months.", "The boss keeps our passports.", "We work every day without a rest day.", "I paid a lot to get this job."},
	}
	small = map[string][]string{
		"my": {"ဟုတ်ကဲ့", "👍"}, "km": {"បាទ", "👍"}, "ne": {"हजुर", "👍"}, "th": {"ค่ะ", "👍"}, "en": {"ok", "👍"},
	}
	names = map[string][]string{
		"my": {"သီရိ", "ကိုလင်း"}, "km": {"សុខា", "បុប្ផា"}, "ne": {"माया", "राम"}, "th": {"อนงค์", "สมชาย"}, "en": {"Maya", "Lin"},
	}
	sites  = []string{"Golden Thread Garment", "Blue Wave Seafood", "Sunrise Electronics", "Green Hill Farm", "Star Rubber"}
	places = []string{"Mae Sot", "Samut Sakhon", "Penang", "Johor Bahru", "Rayong"}
)

// note stands for a voice note: the beginning of an Ogg file, which players
// take for an empty one.
var note = append([]byte("OggS\x00\x02"), bytes.Repeat([]byte{0}, 2000)...)
