import { readTextFile } from '../file/index.ts'

/**
 * What tells this machine from every other one (machine-id(5)).
 * @throws where there is none
 * @example
 * readMachineId().length // 32
 * @public @since 0.1.0
 */
export const readMachineId = (): string => readTextFile('/etc/machine-id', { mostBytes: 4096 }).trim()
