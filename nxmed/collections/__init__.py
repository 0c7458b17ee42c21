"""税务到账与国库对账 (collections): what arrived against what was owed."""
