"""办件：对照服务事项清单查时限、材料、环节 (the case register against the list of service items)."""
