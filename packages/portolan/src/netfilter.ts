/** The model of Linux packet filtering: all of `@portolan/netfilter`, for programs that install `portolan` alone. */
export * from '@portolan/netfilter'
