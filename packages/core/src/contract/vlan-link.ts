import { checkText } from '@portolan/netfilter/schema'
/**
 * A VLAN link as Docker, ifupdown and `ip` name it.
 * @public @since 0.1.0
 */
export interface VlanName {
  readonly parent: string
  /** 1 to 4094. */
  readonly id: number
}

/**
 * The VLAN that the name of an interface asks for; null: none.
 * @example
 * parseVlanName('eth1.100') // { parent: 'eth1', id: 100 }
 * parseVlanName('eth1.4095') // null
 * @public @since 0.1.0
 */
export const parseVlanName = (name: string): VlanName | null => {
  checkText(name, 'name')
  const [, parent, digits] = /^(.+)\.(\d{1,4})$/.exec(name) ?? []
  const id = Number(digits)
  return parent !== undefined && id >= 1 && id <= 4094 ? { parent, id } : null
}

/**
 * Writes the ifalias of a VLAN link that Portolan made, so that `destroy` can tell it from foreign links.
 * @example
 * vlanAlias('shop') // 'portolan project=shop link=vlan'
 * @public @since 0.1.0
 */
export const vlanAlias = (project: string): string => {
  checkText(project, 'project')
  return `portolan project=${encodeURIComponent(project)} link=vlan`
}

/**
 * The project that made a VLAN link; null: the interface is not a VLAN link of Portolan.
 * @example
 * parseVlanAlias('portolan project=shop link=vlan') // 'shop'
 * @public @since 0.1.0
 */
export const parseVlanAlias = (alias: string | undefined): string | null => {
  checkText(alias ?? '', 'alias')
  const [, project] = /^portolan project=([^\s=]+) link=vlan$/.exec(alias ?? '') ?? []
  try {
    return project === undefined ? null : decodeURIComponent(project)
  } catch {
    return null
  }
}
