"""Floor 2: rules as code: programmes, eligibility, amounts, routes of vouchers and claims, fairness."""
