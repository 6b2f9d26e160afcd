import type { Machine } from './machine.ts'

const lastingSeconds = 600

/**
 * Makes connection tracking keep flows for longer. The kernel keeps a flow of few datagrams for 30 s, and a reset
 * connection, such as that of a probe, for 10 s. A test on a busy machine may look later than that.
 */
export const keepFlows = async (host: Machine): Promise<void> => {
  for (const kind of ['udp_timeout', 'tcp_timeout_close'])
    await host.setSysctl(`net.netfilter.nf_conntrack_${kind}`, lastingSeconds)
}
