export {
  type EndpointOptions,
  endpointIntent,
  type IntentBuilder,
  intent,
  type ServiceLink,
  type ServiceOptions,
  type ServicePort,
} from './intent-builder.ts'
export { type NetworkOptions, networkIntent, type SubnetOptions } from './network-options.ts'
export { type ParentedNetworkOptions, parentedIntent } from './parented-options.ts'
export {
  isAddress,
  mappingIntents,
  type PortDestination,
  type PortOptions,
  type PortsInput,
  requestedHostAddress,
  requestedPorts,
  requestedProtocol,
} from './port-options.ts'
export { type ReachableInput, requestedReachable } from './reachable-options.ts'
export { requestedName } from './requested-options.ts'
