import type { MappingIntent } from '../intent/index.ts'
import type { PortHolder } from '../lease/index.ts'

/**
 * The holder of an automatically chosen host port.
 * @internal
 */
export const portHolder = (
  project: string,
  { service, replica, network }: MappingIntent,
  containerPort: number,
): PortHolder => ({ project, service, replica, network, containerPort })
