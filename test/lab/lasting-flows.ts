import type { Machine } from './machine.ts'

const lastingSeconds = 600

/**
 * Has connection tracking keep flows that a test looks for later. A test on a busy machine may take longer than the 30 s
 * that the kernel keeps a flow of few datagrams, and the 10 s that it keeps a connection that was reset, as that of a probe.
 */
export const keepFlows = async (host: Machine): Promise<void> => {
  for (const kind of ['udp_timeout', 'tcp_timeout_close'])
    await host.setSysctl(`net.netfilter.nf_conntrack_${kind}`, lastingSeconds)
}
