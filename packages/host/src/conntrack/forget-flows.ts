import { openConntrack } from './conntrack.ts'
import type { MappedFlows } from './mapped-flows.ts'
import type { UntranslatedFlows } from './untranslated-flows.ts'

/**
 * Deletes the conntrack entries of mappings that were changed or removed. Open flows, above all those of a UDP client
 * that never stops, are then judged by the current rules and do not stay with the old container. It deletes only
 * translated entries, from the mapping's port to the mapping's target.
 *
 * @returns how many entries were deleted
 * @throws PermissionError without CAP_NET_ADMIN
 * @throws InspectError when this kernel cannot list its conntrack entries
 * @throws ApplyError when the kernel refuses to delete one
 * @throws InvalidRequestError for a malformed address
 * @example
 * await forgetFlows([{ family: 'ip', protocol: 'udp', hostAddress: null, hostPort: 53, address: '172.17.0.2', port: 53 }])
 * @public @since 0.1.0
 */
export const forgetFlows = async (mappings: readonly MappedFlows[]): Promise<number> => {
  if (mappings.length === 0) return 0
  const conntrack = openConntrack()
  try {
    return await conntrack.forgetFlows(mappings)
  } finally {
    conntrack.close()
  }
}

/**
 * Deletes the conntrack entries of untranslated flows to a port of this host. The kernel applies NAT rules only to the
 * first packet of a flow (nf_nat_core.c `nf_nat_inet_fn`). So a UDP client that began before the port was published
 * would keep reaching the host as long as it goes on.
 *
 * It deletes only flows to an address of this host, and no flow from this host to the same port elsewhere.
 *
 * @returns how many entries were deleted
 * @throws PermissionError without CAP_NET_ADMIN
 * @throws InspectError when this kernel cannot list its conntrack entries or its addresses
 * @throws ApplyError when the kernel refuses to delete one
 * @throws InvalidRequestError for a malformed address
 * @example
 * await forgetUntranslated([{ family: 'ip', protocol: 'udp', hostAddress: null, hostPort: 53 }])
 * @public @since 0.1.0
 */
export const forgetUntranslated = async (sockets: readonly UntranslatedFlows[]): Promise<number> => {
  if (sockets.length === 0) return 0
  const conntrack = openConntrack()
  try {
    return await conntrack.forgetUntranslated(sockets)
  } finally {
    conntrack.close()
  }
}
