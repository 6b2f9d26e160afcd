const plain = /^[-_0-9A-Za-z]+$/

/**
 * A string as iptables-save writes it (libxtables `xtables_save_string`): bare when made of letters, digits,
 * `-` and `_`, else in double quotes with `"`, `\` and `'` escaped. iptables-restore undoes exactly this.
 */
export const quote = (value: string): string =>
  plain.test(value) ? value : `"${value.replace(/["\\']/g, '\\$&')}"`

/** In double quotes whatever it holds, with `"` and `\` escaped (libxt_string, libxt_cgroup). */
export const quoteAlways = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`

/**
 * As it is, except where iptables-restore would not read it back as one word. iptables-save itself prints such a
 * name bare, and cannot load its own text then.
 */
export const quoteBlank = (value: string): string => (/^[^\s"\\]+$/.test(value) ? value : quoteAlways(value))
