"""What the imagined market is made of: GPU models, processors, disks, drivers, places and images, as compact tables.

The figures of hardware are those of the makers' data sheets, rounded; prices and dlperf are invented to fit them.
"""

from __future__ import annotations

from typing import NamedTuple


class Gpu(NamedTuple):
    """One GPU model; all figures are per GPU."""

    name: str
    family: str
    """Decides which drivers fit and whether the machine is a server; key of `FAMILIES`."""
    ram: int
    """Memory in MB, as the driver reports it."""
    mem_bw: float
    """Memory bandwidth in GB/s."""
    tflops: float
    dlperf: float
    power: float
    """Power limit in W."""
    dollars: float
    """Usual price in $/hour."""
    nvlink: float
    """Bandwidth between GPUs in GB/s, 0 without such a link."""
    largest: int
    """The largest machine: so many GPUs."""
    weight: int
    """How common the model is."""


class Family(NamedTuple):
    """What the models of one chip generation share."""

    compute_cap: int | None
    """Compute capability x 100; None where the notion does not apply."""
    oldest_driver: int
    """Index into `DRIVERS` (or `AMD_DRIVERS`) of the oldest driver that knows the family ..."""
    newest_driver: int
    """... and of the newest."""
    server: bool
    """Whether such GPUs usually sit in a data centre."""
    pci_gen: float
    arch: str = "nvidia"
    cpu_arch: str = "amd64"


class Driver(NamedTuple):
    """A driver release and the newest CUDA version that it runs."""

    version: str
    cuda: float | None


class Cpu(NamedTuple):
    """A processor with the boards it is found on."""

    name: str
    cores: int
    """Hardware threads of the machine."""
    ghz: float
    server: bool
    arch: str
    pci_gen: float
    boards: tuple[str, ...]


class Place(NamedTuple):
    """A town with machines."""

    city: str
    country: str
    """Two-letter code."""
    weight: int
    latitude: float
    longitude: float
    """Whole degrees: where on a map, not where in the town."""


class Image(NamedTuple):
    """What a template is made of."""

    name: str
    image: str
    tag: str
    runtype: str
    """ssh, jupyter or args."""
    disk: float
    """Recommended disk in GB."""
    env: str
    onstart: str
    desc: str
    recommended: bool
    uses: int
    """How often it was started."""


DRIVERS = (
    Driver("535.183.01", 12.2),
    Driver("550.54.15", 12.4),
    Driver("550.163.01", 12.4),
    Driver("560.35.03", 12.6),
    Driver("565.57.01", 12.7),
    Driver("570.124.06", 12.8),
    Driver("570.195.03", 12.8),
    Driver("575.64.03", 12.9),
    Driver("580.95.05", 13.0),
)
AMD_DRIVERS = (Driver("6.8.5", None), Driver("6.10.5", None), Driver("6.12.12", None))

FAMILIES = {
    "pascal": Family(610, 0, 7, False, 3.0),
    "pascal server": Family(600, 0, 7, True, 3.0),
    "volta": Family(700, 0, 7, True, 3.0),
    "turing": Family(750, 0, 8, False, 3.0),
    "turing server": Family(750, 0, 8, True, 3.0),
    "ampere": Family(860, 0, 8, False, 4.0),
    "ampere server": Family(860, 0, 8, True, 4.0),
    "ampere sxm": Family(800, 0, 8, True, 4.0),
    "ada": Family(890, 0, 8, False, 4.0),
    "ada server": Family(890, 0, 8, True, 4.0),
    "hopper": Family(900, 1, 8, True, 5.0),
    "grace": Family(900, 1, 8, True, 5.0, cpu_arch="arm64"),
    "blackwell": Family(1200, 5, 8, False, 5.0),
    "blackwell server": Family(1000, 5, 8, True, 5.0),
    "amd": Family(None, 0, 2, False, 4.0, arch="amd"),
    "amd server": Family(None, 0, 2, True, 5.0, arch="amd"),
}

GPUS = (
    #   name, family, MB, GB/s, TFLOPS, dlperf, W, $/h, link GB/s, largest, weight
    Gpu("GTX 1080 Ti", "pascal", 11264, 484.4, 11.3, 13.1, 250, 0.06, 0.0, 4, 5),
    Gpu("Tesla P100", "pascal server", 16384, 732.2, 9.5, 13.9, 250, 0.08, 0.0, 4, 4),
    Gpu("Tesla V100", "volta", 32768, 897.0, 14.9, 27.5, 250, 0.17, 0.0, 8, 14),
    Gpu("RTX 2080 Ti", "turing", 11264, 616.0, 13.4, 22.4, 250, 0.09, 0.0, 4, 8),
    Gpu("Tesla T4", "turing server", 15360, 320.0, 8.1, 14.2, 70, 0.12, 0.0, 8, 6),
    Gpu("Q RTX 8000", "turing server", 49152, 672.0, 16.3, 25.7, 260, 0.24, 0.0, 4, 4),
    Gpu("RTX 3060", "ampere", 12288, 360.0, 12.7, 19.8, 170, 0.07, 0.0, 8, 14),
    Gpu("RTX 3060 Ti", "ampere", 8192, 448.0, 16.2, 22.6, 200, 0.07, 0.0, 8, 6),
    Gpu("RTX 3070", "ampere", 8192, 448.0, 20.3, 25.9, 220, 0.08, 0.0, 8, 9),
    Gpu("RTX 3080", "ampere", 10240, 760.3, 29.8, 39.3, 320, 0.11, 0.0, 8, 10),
    Gpu("RTX 3080 Ti", "ampere", 12288, 912.4, 34.1, 43.8, 350, 0.13, 0.0, 4, 7),
    Gpu("RTX 3090", "ampere", 24576, 936.2, 35.6, 48.2, 350, 0.17, 0.0, 8, 60),
    Gpu("RTX 3090 Ti", "ampere", 24564, 1008.0, 40.0, 52.9, 450, 0.20, 0.0, 4, 6),
    Gpu("RTX A2000", "ampere server", 12282, 288.0, 8.0, 13.7, 70, 0.08, 0.0, 4, 3),
    Gpu("RTX A4000", "ampere server", 16376, 448.0, 19.2, 27.3, 140, 0.11, 0.0, 8, 14),
    Gpu("RTX A5000", "ampere server", 24564, 768.0, 27.8, 38.6, 230, 0.20, 0.0, 8, 16),
    Gpu("RTX A6000", "ampere server", 49140, 768.0, 38.7, 50.4, 300, 0.41, 112.5, 8, 18),
    Gpu("A10", "ampere server", 23028, 600.0, 31.2, 36.3, 150, 0.24, 0.0, 8, 6),
    Gpu("A40", "ampere server", 46068, 696.0, 37.4, 46.8, 300, 0.37, 112.5, 8, 9),
    Gpu("A100 PCIE", "ampere sxm", 81920, 1935.0, 19.5, 108.0, 300, 0.82, 0.0, 8, 16),
    Gpu("A100 SXM4", "ampere sxm", 81920, 2039.0, 19.5, 124.0, 400, 0.96, 600.0, 8, 22),
    Gpu("RTX 4060 Ti", "ada", 16380, 288.0, 22.1, 27.8, 165, 0.10, 0.0, 8, 9),
    Gpu("RTX 4070", "ada", 12282, 504.2, 29.1, 41.2, 200, 0.13, 0.0, 4, 6),
    Gpu("RTX 4070 Ti", "ada", 12282, 504.2, 40.1, 51.4, 285, 0.16, 0.0, 4, 6),
    Gpu("RTX 4070S Ti", "ada", 16376, 672.3, 44.1, 57.6, 285, 0.18, 0.0, 4, 7),
    Gpu("RTX 4080", "ada", 16376, 716.8, 48.7, 64.0, 320, 0.21, 0.0, 8, 9),
    Gpu("RTX 4080S", "ada", 16376, 736.3, 52.2, 67.1, 320, 0.22, 0.0, 8, 8),
    Gpu("RTX 4090", "ada", 24564, 1008.0, 82.6, 100.7, 450, 0.36, 0.0, 8, 80),
    Gpu("RTX 4000Ada", "ada server", 20475, 360.0, 26.7, 36.0, 130, 0.19, 0.0, 8, 5),
    Gpu("RTX 5000Ada", "ada server", 32760, 576.0, 65.3, 72.4, 250, 0.39, 0.0, 8, 5),
    Gpu("RTX 6000Ada", "ada server", 49140, 960.0, 91.1, 104.8, 300, 0.61, 0.0, 8, 15),
    Gpu("L4", "ada server", 23034, 300.0, 30.3, 33.1, 72, 0.27, 0.0, 8, 8),
    Gpu("L40", "ada server", 46068, 864.0, 90.5, 98.9, 300, 0.58, 0.0, 8, 6),
    Gpu("L40S", "ada server", 46068, 864.0, 91.6, 105.3, 350, 0.66, 0.0, 8, 14),
    Gpu("H100 PCIE", "hopper", 81559, 2039.0, 51.2, 189.0, 350, 1.71, 0.0, 8, 9),
    Gpu("H100 NVL", "hopper", 95830, 3938.0, 60.3, 224.0, 400, 1.88, 600.0, 8, 9),
    Gpu("H100 SXM", "hopper", 81559, 3352.0, 66.9, 262.0, 700, 2.03, 900.0, 8, 26),
    Gpu("H200", "hopper", 143771, 4917.0, 66.9, 281.0, 700, 2.62, 900.0, 8, 15),
    Gpu("GH200 SXM", "grace", 97871, 4000.0, 66.9, 258.0, 700, 1.62, 0.0, 1, 16),
    Gpu("RTX 5060 Ti", "blackwell", 16311, 448.0, 23.7, 32.5, 180, 0.12, 0.0, 8, 9),
    Gpu("RTX 5070", "blackwell", 12227, 672.0, 30.9, 47.0, 250, 0.15, 0.0, 4, 5),
    Gpu("RTX 5070 Ti", "blackwell", 16303, 896.0, 43.9, 66.5, 300, 0.20, 0.0, 8, 9),
    Gpu("RTX 5080", "blackwell", 16303, 960.0, 56.3, 80.2, 360, 0.26, 0.0, 8, 11),
    Gpu("RTX 5090", "blackwell", 32607, 1792.0, 104.8, 147.3, 575, 0.48, 0.0, 8, 48),
    Gpu("RTX PRO 6000 WS", "blackwell", 97887, 1792.0, 125.0, 171.6, 600, 1.02, 0.0, 8, 14),
    Gpu("B200", "blackwell server", 183359, 8000.0, 74.4, 408.0, 1000, 3.71, 1800.0, 8, 9),
    Gpu("RX 7900 XTX", "amd", 24560, 960.0, 61.4, 44.0, 355, 0.19, 0.0, 4, 5),
    Gpu("InstinctMI300X", "amd server", 196592, 5300.0, 163.4, 236.0, 750, 1.79, 896.0, 8, 5),
)

CPUS = (
    Cpu("Core i5-12400F", 12, 4.4, False, "amd64", 4.0, ("PRIME B660M-A D4", "B660M DS3H")),
    Cpu("Core i7-13700K", 24, 5.4, False, "amd64", 4.0, ("PRIME Z790-P WIFI", "Z790 UD AC")),
    Cpu("Core i9-14900K", 32, 6.0, False, "amd64", 4.0, ("ROG MAXIMUS Z790 HERO", "PRO Z790-A")),
    Cpu("Ryzen 5 5600X", 12, 4.6, False, "amd64", 4.0, ("B550M PRO-VDH", "B550 AORUS ELITE")),
    Cpu("Ryzen 9 5950X", 32, 4.9, False, "amd64", 4.0, ("X570 TAICHI", "ROG STRIX X570-E")),
    Cpu("Ryzen 9 7950X", 32, 5.7, False, "amd64", 5.0, ("X670E STEEL LEGEND", "B650D4U")),
    Cpu("Ryzen Threadripper 3970X", 64, 4.5, False, "amd64", 4.0, ("TRX40 CREATOR", "TRX40 AORUS MASTER")),
    Cpu("Xeon E5-2680 v4", 56, 3.3, False, "amd64", 3.0, ("X99-F8D", "X10DRG-Q")),
    Cpu("Xeon E5-2699 v4", 88, 3.6, True, "amd64", 3.0, ("X10DRG-O+-CPU", "ESC8000 G3")),
    Cpu("Xeon Gold 6248R", 96, 4.0, True, "amd64", 3.0, ("X11DPG-OT-CPU", "PowerEdge R740")),
    Cpu("Xeon Platinum 8480+", 224, 3.8, True, "amd64", 5.0, ("X13DEG-OAD", "PowerEdge XE9680")),
    Cpu("EPYC 7402 24-Core", 48, 3.3, True, "amd64", 4.0, ("ROMED8-2T", "H11SSL-i")),
    Cpu("EPYC 7543 32-Core", 64, 3.7, True, "amd64", 4.0, ("H12SSL-i", "MZ32-AR0")),
    Cpu("EPYC 7763 64-Core", 256, 3.5, True, "amd64", 4.0, ("G292-Z20", "H12DSG-O-CPU")),
    Cpu("EPYC 9354 32-Core", 128, 3.8, True, "amd64", 5.0, ("GENOAD8X-2T", "H13DSG-O-CPU")),
    Cpu("EPYC 9554 64-Core", 256, 3.75, True, "amd64", 5.0, ("G493-ZB1", "ESC8000A-E12")),
    Cpu("Neoverse-V2", 72, 3.4, True, "arm64", 5.0, ("MGX ARS-111GL", "QuantaGrid S74G-2U")),
)

DISKS = ("Samsung SSD 990 PRO 2TB", "WD_BLACK SN850X", "KINGSTON SKC3000", "SOLIDIGM D7-P5520", "Micron 7450", "nvme")
OS_VERSIONS = ("20.04", "22.04", "22.04", "22.04", "24.04")

PLACES = (
    Place("California", "US", 16, 37, -120),
    Place("Texas", "US", 12, 31, -99),
    Place("Washington", "US", 8, 47, -120),
    Place("New York", "US", 7, 43, -75),
    Place("Virginia", "US", 6, 38, -79),
    Place("Quebec", "CA", 10, 47, -71),
    Place("Ontario", "CA", 5, 44, -79),
    Place("Guadalajara", "MX", 2, 21, -103),
    Place("Sao Paulo", "BR", 4, -24, -47),
    Place("Buenos Aires", "AR", 2, -35, -58),
    Place("Santiago", "CL", 2, -33, -71),
    Place("London", "GB", 7, 52, 0),
    Place("Dublin", "IE", 2, 53, -6),
    Place("Paris", "FR", 6, 49, 2),
    Place("Amsterdam", "NL", 7, 52, 5),
    Place("Brussels", "BE", 2, 51, 4),
    Place("Frankfurt", "DE", 9, 50, 9),
    Place("Zurich", "CH", 2, 47, 9),
    Place("Vienna", "AT", 2, 48, 16),
    Place("Milan", "IT", 4, 45, 9),
    Place("Madrid", "ES", 5, 40, -4),
    Place("Lisbon", "PT", 2, 39, -9),
    Place("Uppsala", "SE", 7, 60, 18),
    Place("Oslo", "NO", 6, 60, 11),
    Place("Helsinki", "FI", 4, 60, 25),
    Place("Reykjavik", "IS", 3, 64, -22),
    Place("Copenhagen", "DK", 3, 56, 13),
    Place("Warsaw", "PL", 7, 52, 21),
    Place("Prague", "CZ", 6, 50, 14),
    Place("Bratislava", "SK", 2, 48, 17),
    Place("Budapest", "HU", 4, 47, 19),
    Place("Bucharest", "RO", 4, 44, 26),
    Place("Sofia", "BG", 7, 43, 23),
    Place("Athens", "GR", 2, 38, 24),
    Place("Ljubljana", "SI", 2, 46, 15),
    Place("Zagreb", "HR", 2, 46, 16),
    Place("Vilnius", "LT", 2, 55, 25),
    Place("Riga", "LV", 2, 57, 24),
    Place("Tallinn", "EE", 3, 59, 25),
    Place("Kyiv", "UA", 4, 50, 31),
    Place("Istanbul", "TR", 2, 41, 29),
    Place("Tel Aviv", "IL", 2, 32, 35),
    Place("Dubai", "AE", 2, 25, 55),
    Place("Cape Town", "ZA", 2, -34, 18),
    Place("Mumbai", "IN", 4, 19, 73),
    Place("Singapore", "SG", 3, 1, 104),
    Place("Bangkok", "TH", 3, 14, 101),
    Place("Hanoi", "VN", 4, 21, 106),
    Place("Kuala Lumpur", "MY", 2, 3, 102),
    Place("Jakarta", "ID", 2, -6, 107),
    Place("Hong Kong", "HK", 3, 22, 114),
    Place("Taipei", "TW", 6, 25, 122),
    Place("Seoul", "KR", 6, 38, 127),
    Place("Tokyo", "JP", 7, 36, 140),
    Place("Sydney", "AU", 4, -34, 151),
    Place("Auckland", "NZ", 2, -37, 175),
)

_PORTAL = "-p 1111:1111"
_HELLO = "mkdir -p /workspace"

IMAGES = (
    #     name, image, tag, runtype, disk, env, onstart, desc, recommended, uses
    Image("PyTorch", "pytorch/pytorch", "latest", "jupyter", 32, _PORTAL, _HELLO, "PyTorch on CUDA.", True, 88412),
    Image("PyTorch devel", "pytorch/pytorch", "2.7.1-cuda12.8-cudnn9-devel", "ssh", 40, "", _HELLO,
          "PyTorch with the compiler.", False, 9120),
    Image("NVIDIA CUDA", "nvidia/cuda", "12.4.1-devel-ubuntu22.04", "ssh", 16, "", _HELLO,
          "The bare CUDA toolkit on Ubuntu.", True, 41877),
    Image("NVIDIA CUDA 12.8", "nvidia/cuda", "12.8.1-cudnn-devel-ubuntu24.04", "ssh", 20, "", _HELLO,
          "CUDA and cuDNN for Blackwell GPUs.", True, 7533),
    Image("TensorFlow", "tensorflow/tensorflow", "latest-gpu-jupyter", "jupyter", 32, _PORTAL, "",
          "TensorFlow with notebooks.", True, 10233),
    Image("JAX", "nvcr.io/nvidia/jax", "25.01-py3", "ssh", 40, "", "", "JAX built by the GPU's maker.", False, 1810),
    Image("Jupyter", "quay.io/jupyter/datascience-notebook", "latest", "jupyter", 16, "-p 8888:8888", "",
          "Notebooks for Python, R and Julia.", True, 15530),
    Image("vLLM", "vllm/vllm-openai", "latest", "args", 80, "-p 8000:8000 -e HF_HUB_ENABLE_HF_TRANSFER=1",
          "", "An inference server with the OpenAI interface.", True, 30117),
    Image("SGLang", "lmsysorg/sglang", "latest", "args", 80, "-p 30000:30000", "", "Serve language models fast.",
          False, 4206),
    Image("Text Generation Inference", "ghcr.io/huggingface/text-generation-inference", "3.1.0", "args", 80,
          "-p 8080:80", "", "Serve language models from the model hub.", False, 6418),
    Image("Ollama", "ollama/ollama", "latest", "ssh", 48, "-p 11434:11434", "ollama serve &",
          "Run quantised language models.", True, 17862),
    Image("Open WebUI", "ghcr.io/open-webui/open-webui", "cuda", "ssh", 64, "-p 8080:8080", "",
          "A chat page for your own models.", False, 8874),
    Image("llama.cpp server", "ghcr.io/ggml-org/llama.cpp", "server-cuda", "args", 48, "-p 8080:8080", "",
          "A small server for GGUF models.", False, 3991),
    Image("Oobabooga", "atinoda/text-generation-webui", "default-nvidia", "ssh", 64, "-p 7860:7860 -p 5000:5000", "",
          "A text-generation page with many loaders.", False, 12655),
    Image("ComfyUI", "yanwk/comfyui-boot", "cu124-slim", "ssh", 48, "-p 8188:8188", "", "Node graphs for images.",
          True, 36240),
    Image("Stable Diffusion web UI", "universonic/stable-diffusion-webui", "latest", "ssh", 48, "-p 8080:8080", "",
          "Make pictures from text.", True, 28019),
    Image("InvokeAI", "ghcr.io/invoke-ai/invokeai", "main-cuda", "ssh", 48, "-p 9090:9090", "", "A painter's desk.",
          False, 2705),
    Image("Kohya trainer", "ashleykza/kohya", "latest", "ssh", 64, "-p 3000:3001", "", "Train small adapters.", False,
          5120),
    Image("Axolotl", "axolotlai/axolotl-cloud", "main-latest", "ssh", 100, "", "", "Fine-tune language models.", False,
          4381),
    Image("Whisper", "onerahmet/openai-whisper-asr-webservice", "latest-gpu", "args", 16, "-p 9000:9000", "",
          "Turn speech into text.", False, 3377),
    Image("RAPIDS", "rapidsai/notebooks", "25.02-cuda12.5-py3.12", "jupyter", 32, "-p 8888:8888", "",
          "Data frames on the GPU.", False, 1264),
    Image("Blender", "linuxserver/blender", "latest", "ssh", 24, "-p 3000:3000", "", "Render scenes.", False, 6092),
    Image("Hashcat", "dizcza/docker-hashcat", "cuda", "ssh", 16, "", "", "Recover lost passwords.", False, 7701),
    Image("Ubuntu Desktop", "ghcr.io/linuxserver/webtop", "ubuntu-kde", "ssh", 32, "-p 3000:3000", "",
          "A desktop in the browser.", False, 9465),
    Image("Ubuntu 22.04 VM", "docker.io/vastai/kvm", "ubuntu_cli_22.04", "ssh", 32, "", "",
          "A whole virtual machine; the host must allow VMs.", True, 8240),
    Image("Ubuntu 24.04 VM", "docker.io/vastai/kvm", "ubuntu_cli_24.04", "ssh", 32, "", "",
          "A whole virtual machine, newer release.", True, 3126),
    Image("ROCm PyTorch", "rocm/pytorch", "latest", "ssh", 64, "", "", "PyTorch for AMD GPUs.", True, 2213),
)  # fmt: skip
