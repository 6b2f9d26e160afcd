import type { Schema } from '@portolan/netfilter/schema'

/** A schema that checks less than its type says. Each use names what checks the rest, or why nothing has to. */
export const unproven = <T>(schema: Schema<unknown>): Schema<T> => schema as Schema<T>
