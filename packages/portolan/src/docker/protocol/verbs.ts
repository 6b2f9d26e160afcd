import { InvalidRequestError } from '@portolan/netfilter'
import type { Schema } from '@portolan/netfilter/schema'
import { addressSpace, type DockerParts } from '../docker-parts.ts'
import { giveBack, releaseAddress, requestAddress } from '../ipam/addresses.ts'
import { releasePool, requestPool } from '../ipam/pools.ts'
import { createEndpoint, deleteEndpoint, join, leave } from '../network/endpoints.ts'
import { createNetwork, deleteNetwork } from '../network/networks.ts'
import { operationalInfo, publishPorts, unpublishPorts } from '../network/ports.ts'
import { type NetworkRequest, type PoolRequest, schemas } from './requests.ts'

/** One call of the remote plugin protocol. */
export interface Verb {
  readonly schema: Schema<unknown>
  /** The queue of a call: calls of one queue run one after the other; null: the call waits for no other. */
  readonly turn: (request: unknown) => string | null
  /** Carries out the call. @param id - unique to this call */
  readonly serve: (parts: DockerParts, request: unknown, id: string) => Promise<object>
  /** Takes back a killed call, or finishes it; null: the call leaves no change behind. */
  readonly afterKill: ((parts: DockerParts, request: unknown, id: string) => Promise<unknown>) | null
}

type Deed<Request> = (parts: DockerParts, request: Request, id: string) => Promise<unknown>

const verb = <Request>(
  schema: Schema<Request>,
  turn: (request: Request) => string | null,
  serve: Deed<Request>,
  afterKill: Deed<Request> | null,
): Verb => ({
  schema,
  // The schema has checked the request, so the cast is safe.
  turn: (request) => turn(request as Request),
  serve: async (parts, request, id) => ((await serve(parts, request as Request, id)) ?? {}) as object,
  afterKill: afterKill === null ? null : (parts, request, id) => afterKill(parts, request as Request, id),
})

const constant = (answer: object): Verb =>
  verb(
    schemas.anything,
    () => null,
    async () => answer,
    null,
  )

const ofSwarm = verb(
  schemas.anything,
  () => null,
  async () => {
    throw new InvalidRequestError(
      'this driver makes networks of one host, not of a swarm. Leave --scope swarm and --attachable out.',
    )
  },
  null,
)

const ofNetwork = ({ NetworkID }: NetworkRequest): string => NetworkID
const ofPool = ({ PoolID }: PoolRequest): string => PoolID
/** One queue for all networks, so that a subnet that is just being removed does not count as free. */
const ofAllNetworks = (): string => 'networks'

const capability = { Scope: 'local', ConnectivityScope: 'local' }

/** The call by which dockerd has the interface of a container made. */
export const joinPath = '/NetworkDriver.Join'

/** The verbs by path: moby, libnetwork/drivers/remote/driver.go and libnetwork/ipams/remote/remote.go. */
export const verbs: Readonly<Record<string, Verb>> = {
  '/Plugin.Activate': constant({ Implements: ['NetworkDriver', 'IpamDriver'] }),
  '/NetworkDriver.GetCapabilities': constant(capability),
  '/NetworkDriver.CreateNetwork': verb(schemas.createNetwork, ofAllNetworks, createNetwork, deleteNetwork),
  '/NetworkDriver.DeleteNetwork': verb(schemas.network, ofAllNetworks, deleteNetwork, deleteNetwork),
  '/NetworkDriver.CreateEndpoint': verb(schemas.createEndpoint, ofNetwork, createEndpoint, deleteEndpoint),
  '/NetworkDriver.DeleteEndpoint': verb(schemas.endpoint, ofNetwork, deleteEndpoint, deleteEndpoint),
  '/NetworkDriver.EndpointOperInfo': verb(
    schemas.endpoint,
    () => null,
    async (parts, request) => ({ Value: operationalInfo(parts, request) }),
    null,
  ),
  [joinPath]: verb(schemas.endpoint, ofNetwork, join, leave),
  '/NetworkDriver.Leave': verb(schemas.endpoint, ofNetwork, leave, leave),
  '/NetworkDriver.ProgramExternalConnectivity': verb(
    schemas.endpoint,
    ofNetwork,
    publishPorts,
    unpublishPorts,
  ),
  '/NetworkDriver.RevokeExternalConnectivity': verb(
    schemas.endpoint,
    ofNetwork,
    unpublishPorts,
    unpublishPorts,
  ),
  '/NetworkDriver.DiscoverNew': constant({}),
  '/NetworkDriver.DiscoverDelete': constant({}),
  '/NetworkDriver.AllocateNetwork': ofSwarm,
  '/NetworkDriver.FreeNetwork': ofSwarm,
  '/IpamDriver.GetCapabilities': constant({ RequiresMACAddress: false, RequiresRequestReplay: false }),
  '/IpamDriver.GetDefaultAddressSpaces': constant({
    LocalDefaultAddressSpace: addressSpace,
    GlobalDefaultAddressSpace: `${addressSpace}-global`,
  }),
  '/IpamDriver.RequestPool': verb(schemas.requestPool, ofAllNetworks, requestPool, async () => {}),
  '/IpamDriver.ReleasePool': verb(schemas.pool, ofAllNetworks, releasePool, releasePool),
  '/IpamDriver.RequestAddress': verb(schemas.address, ofPool, requestAddress, giveBack),
  '/IpamDriver.ReleaseAddress': verb(schemas.address, ofPool, releaseAddress, releaseAddress),
}
