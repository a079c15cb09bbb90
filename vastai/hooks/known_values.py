"""Values that fields are known to have, for completion: GPU models, countries, states of verification.

The service knows more of them, so an unknown value is no error. The models are those of the market's public offers; the
sandbox deals in them too.
"""

from __future__ import annotations

from collections.abc import Mapping

from .regions import CODES

_MODELS = (
    "A10 A100_PCIE A100_SXM4 A100X A16 A30 A40 A800_PCIE B200 B300_SXM6 CMP_50HX CMP_90HX GH200_SXM GTX_1050_Ti"
    " GTX_1060 GTX_1070 GTX_1070_Ti GTX_1080 GTX_1080_Ti GTX_1650 GTX_1660 GTX_1660_S GTX_1660_Ti H100_NVL H100_PCIE"
    " H100_SXM H200 H200_NVL L4 L40 L40S Q_RTX_4000 Q_RTX_5000 Q_RTX_6000 Q_RTX_8000 RTX_2060 RTX_2060S RTX_2070"
    " RTX_2070S RTX_2080 RTX_2080S RTX_2080_Ti RTX_3050 RTX_3060 RTX_3060_Ti RTX_3060_laptop RTX_3070 RTX_3070_Ti"
    " RTX_3080 RTX_3080_Ti RTX_3090 RTX_3090_Ti RTX_4000Ada RTX_4060 RTX_4060_Ti RTX_4070 RTX_4070S RTX_4070S_Ti"
    " RTX_4070_Ti RTX_4080 RTX_4080S RTX_4090 RTX_4090D RTX_4500Ada RTX_5000Ada RTX_5060 RTX_5060_Ti RTX_5070"
    " RTX_5070_Ti RTX_5080 RTX_5090 RTX_5880Ada RTX_6000Ada RTX_A2000 RTX_A4000 RTX_A4500 RTX_A5000 RTX_A6000"
    " RTX_PRO_4000 RTX_PRO_5000 RTX_PRO_6000_S RTX_PRO_6000_WS RX_6800 RX_7900_XTX Tesla_P100 Tesla_P4 Tesla_P40"
    " Tesla_T4 Tesla_V100 Titan_RTX Titan_V Titan_Xp InstinctMI100 InstinctMI250X InstinctMI300X"
)
GPU_MODELS = tuple(_MODELS.split())
"""GPU models as they are typed, with underscores for blanks."""

VALUES: Mapping[str, tuple[str, ...]] = {
    "cpu_arch": ("amd64", "arm64"),
    "geolocation": tuple(sorted({country for countries in CODES.values() for country in countries})),
    "gpu_arch": ("amd", "nvidia"),
    "gpu_name": GPU_MODELS,
    "verification": ("deverified", "unverified", "verified"),
}
"""Field to its values. Those of geolocation are countries; regions are in `regions`."""
