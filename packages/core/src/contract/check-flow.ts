import { checkArgument, objectValue } from '@portolan/netfilter/schema'

const flowValue = objectValue(
  'an object such as { family, protocol, from: { kind, address }, to: { address, port } }',
  { from: 'object', to: 'object' },
)
const hostValue = objectValue('an object such as { addresses: ["192.0.2.2"] }', { addresses: 'list' })

/**
 * Refuses what is no flow, and no host that a flow may come to.
 * @throws InvalidRequestError
 */
export const checkFlow = (flow: unknown, host: unknown): void => {
  checkArgument(flow, flowValue, 'the flow')
  checkArgument(host, hostValue, 'the host')
}
