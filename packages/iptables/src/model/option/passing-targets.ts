/** Targets that log or change something without effect on the packet's path. The packet goes on to the next rule. */
export const passingTargets: ReadonlySet<string> = new Set([
  ...['AUDIT', 'CHECKSUM', 'CLASSIFY', 'CONNSECMARK', 'DSCP', 'ECN', 'IDLETIMER', 'LED', 'LOG', 'NFLOG'],
  ...['RATEEST', 'SECMARK', 'SET', 'TCPMSS', 'TCPOPTSTRIP', 'TEE', 'TOS', 'TRACE', 'ULOG'],
])
