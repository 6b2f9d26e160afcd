/** The results as values of ip-num. This is a separate entry, because importing it loads ip-num. */
export * from '@portolan/netfilter/ip-num'
