import { runProgram } from '../program.ts'

/** A host without a rule and a container's namespace, both within the one of this process. */
export const freshHost = (): void => {
  for (const namespace of ['peer-host', 'peer-container']) {
    runProgram(['sh', '-c', `ip netns delete ${namespace} 2>/dev/null; ip netns add ${namespace}`])
    runProgram(['ip', '-n', namespace, 'link', 'set', 'lo', 'up'])
  }
}

export const onFreshHost: readonly string[] = ['ip', 'netns', 'exec', 'peer-host']

export const containerNamespace = '/run/netns/peer-container'
