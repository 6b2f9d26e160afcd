import type { CniRequest } from '../request/cni-request.ts'

/**
 * The name that an attachment's addresses are leased under. A container may have several interfaces on one network; no
 * container id has an "@" in it, so two attachments never have one name.
 */
export const endpointName = ({ containerId, interface: name }: CniRequest): string =>
  nameOf(containerId ?? '', name ?? '')

export const nameOf = (containerId: string, interfaceName: string): string =>
  `${containerId}@${interfaceName}`

/** Was an endpoint made by this plugin? Other programs may hold the project open too. */
export const isAttachment = (endpoint: string): boolean => /^[a-z\d][\w.-]*@[^/:\s]+$/i.test(endpoint)
