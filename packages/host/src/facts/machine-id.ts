import { readTextFile } from '../file/index.ts'

/**
 * Reads the id that distinguishes this machine from every other one (machine-id(5)).
 * @throws when the machine has no id
 * @example
 * readMachineId().length // 32
 * @public @since 0.1.0
 */
export const readMachineId = (): string => readTextFile('/etc/machine-id', { mostBytes: 4096 }).trim()
