export {
  type EndpointOptions,
  type IntentBuilder,
  intent,
  type NetworkOptions,
  type ParentedNetworkOptions,
  type PortOptions,
  type PortsInput,
  type ReachableInput,
  type ServiceLink,
  type ServiceOptions,
  type ServicePort,
  type SubnetOptions,
} from './builder/index.ts'
export * from './compose/index.ts'
export { type DotenvOptions, parseDotenv } from './dotenv.ts'
export * from './endpoint-intent.ts'
export * from './intent.ts'
export * from './parented-network.ts'
export { parsePortMapping, printPortMapping } from './port-mapping.ts'
export * from './reachable.ts'
