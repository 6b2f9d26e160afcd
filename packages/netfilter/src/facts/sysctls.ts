/** The sysctls that decide about packets: their names, and the value in force for one interface. */
export {
  effectiveSysctl,
  type HostSysctl,
  hostSysctls,
  type LinkSysctl,
  linkSysctlName,
  linkSysctlNames,
  linkSysctls,
} from './kernel-sysctls.ts'
export { localPortRange, reservedPorts } from './local-port-range.ts'
