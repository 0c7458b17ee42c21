"""nxmed：医保经办月度结算工具 (monthly settlement of a regional medical-insurance agency)."""

__version__ = "0.1.0"
