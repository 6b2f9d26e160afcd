/**
 * Source ports of probes. They are below those that the kernel gives to programs (32,768 and up,
 * `net.ipv4.ip_local_port_range`): a program on the same machine that connects elsewhere may hold any of these at the
 * moment of a probe.
 */
const [before, last] = [20_000, 32_767]

// One count for all labs of this process: other processes have other namespaces. So a port means one flow in a lab,
// until it comes again after some 12,000.
let latest = before

/** The source port of a new flow. */
export const freshSourcePort = (): number => {
  latest = latest >= last ? before + 1 : latest + 1
  return latest
}
