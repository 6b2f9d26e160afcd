import { acquireSubnet, type LeaseStore } from '@portolan/core'
import { openLeaseStore } from '@portolan/host'

/**
 * Leases all addresses of an IPv4 block to network web of project shop, as apply does.
 * @param directory - the state directory of the block's host
 * @returns the open lease store
 */
export const leaseInBlock = async (directory: string, block: string): Promise<LeaseStore> => {
  const leases = openLeaseStore(directory)
  const gateway = block.replace(/\d+\/\d+$/, '1')
  const lease = { project: 'shop', network: 'web', family: 'ip', movedFrom: null } as const
  await leases.transact((state) => acquireSubnet(state, { ...lease, kind: 'subnet', subnet: block, gateway }))
  return leases
}
