/** What Linux does to a packet: all of `@portolan/netfilter`, for programs that install `portolan` alone. */
export * from '@portolan/netfilter'
