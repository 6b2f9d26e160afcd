/** Results as values of ip-num. An entry of its own, since it loads ip-num. */
export * from '@portolan/netfilter/ip-num'
