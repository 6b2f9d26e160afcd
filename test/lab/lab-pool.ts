import { type Lab, type LabOptions, labOn } from './lab.ts'
import { emptyLegacyTables, remember, restore } from './restore.ts'
import { openSite, type Site } from './site.ts'

export interface PooledLabOptions extends LabOptions {
  /**
   * True: empty tables of iptables-legacy may be registered on the host. The kernel keeps a table that a test used until
   * the namespace ends. Such a host is only for tests that use iptables-legacy themselves.
   */
  readonly tablesStay?: boolean
}

/**
 * Labs for one test after the other. A closed lab's machines are used again where they could be restored. A test opens
 * a lab of its own where it changes sysctls or links of a machine around the host: the pool does not compare these.
 */
export interface Labs {
  open(options?: PooledLabOptions): Promise<Lab>
}

export interface LabPool extends Labs, AsyncDisposable {
  [Symbol.asyncDispose](): Promise<void>
}

export interface LabPoolOptions {
  /** Is called for each closed lab, with what could not be undone. */
  readonly tell?: (left: readonly string[]) => void
}

/** How many hosts with tables of iptables-legacy wait: as many as tests use at once. */
const mostWithTables = 3

const openRemembered = async (): Promise<Site> => {
  const site = await openSite()
  try {
    await remember(site)
    return site
  } catch (error) {
    await site[Symbol.asyncDispose]()
    throw error
  }
}

/**
 * Making machines takes little time. But the command on a new host is slow until it has run for a while, so hosts stay.
 */
export const labPool = ({ tell = () => {} }: LabPoolOptions = {}): LabPool => {
  const asNew: Site[] = []
  const withTables: Site[] = []
  let isClosed = false
  const giveBack = async (site: Site): Promise<void> => {
    const left = await restore(site).catch((error: unknown) => [String(error)])
    tell(left)
    if (isClosed) await site[Symbol.asyncDispose]()
    else if (left.length === 0) asNew.push(site)
    else if (left.every((part) => part === emptyLegacyTables) && withTables.length < mostWithTables)
      withTables.push(site)
    else await site[Symbol.asyncDispose]()
  }
  return {
    async open({ tablesStay = false, ...options } = {}) {
      const site = (tablesStay ? withTables.pop() : undefined) ?? asNew.pop() ?? (await openRemembered())
      return labOn(site, options, () => giveBack(site))
    },
    async [Symbol.asyncDispose]() {
      isClosed = true
      const idle = [...asNew.splice(0), ...withTables.splice(0)]
      await Promise.all(idle.map((site) => site[Symbol.asyncDispose]()))
    },
  }
}
