import type { Docker } from './docker.ts'

/** The options of `docker network create -d portolan`. */
export interface PluginNetwork {
  readonly ipam?: string
  /** `--subnet`, `--gateway`, `--ip-range`, `--aux-address`. */
  readonly config?: readonly {
    readonly Subnet?: string
    readonly Gateway?: string
    readonly IPRange?: string
    readonly AuxiliaryAddresses?: Readonly<Record<string, string>>
  }[]
  readonly ipamOptions?: Readonly<Record<string, string>>
  readonly ipv6?: boolean
  readonly internal?: boolean
  readonly options?: Readonly<Record<string, string>>
  readonly driver?: string
}

/** Runs `docker network create -d portolan --ipam-driver portolan NAME`. */
export const createPluginNetwork = async (
  { api }: Docker,
  name: string,
  {
    ipam = 'portolan',
    config = [],
    ipamOptions = {},
    ipv6 = false,
    internal = false,
    options = {},
    driver = 'portolan',
  }: PluginNetwork = {},
): Promise<void> => {
  await api('POST', '/networks/create', {
    Name: name,
    Driver: driver,
    IPAM: { Driver: ipam, Config: config, Options: ipamOptions },
    EnableIPv6: ipv6,
    Internal: internal,
    Options: options,
  })
}

/** The subnets and gateways of a network, as Docker lists them. */
export const subnetsOf = async (
  { api }: Docker,
  name: string,
): Promise<readonly { readonly Subnet: string; readonly Gateway: string }[]> => {
  const { IPAM } = (await api('GET', `/networks/${name}`)) as {
    readonly IPAM: { readonly Config: readonly { readonly Subnet: string; readonly Gateway: string }[] }
  }
  return IPAM.Config
}
