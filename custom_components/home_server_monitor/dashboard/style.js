/** How the cards look: Home Assistant's own variables, so that every theme fits. */

const CSS = `
  :host { display: block; color: var(--primary-text-color); font-size: 14px; line-height: 1.45; }
  * { box-sizing: border-box; }
  [hidden] { display: none !important; }
  h2, h3, h4, p, ul, dl, dd { margin: 0; padding: 0; }
  ul { list-style: none; display: grid; gap: 12px; }
  h2 { font-size: 18px; font-weight: 500; outline: none; }
  h3 { font-size: 16px; font-weight: 500; }
  h4 { font-size: 14px; font-weight: 500; }
  h2, h3, h4, p, dd, li, summary, bdi { overflow-wrap: anywhere; unicode-bidi: isolate; }
  a { color: var(--primary-color); }
  .body, .trouble { display: grid; gap: 12px; }
  .trouble:not(:empty) { margin-bottom: 12px; }
  .body > :empty, .status:empty { display: none; }
  .status { color: var(--secondary-text-color); padding-bottom: 8px; }
  .quiet, .meta { color: var(--secondary-text-color); }
  .head { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; min-height: 32px; padding: 0 4px; }
  .head .meta { margin-inline-start: auto; }
  ha-card { display: block; padding: 16px; min-width: 0; }
  ha-card.row, .lead { display: flex; gap: 12px; align-items: flex-start; }
  ha-card.row { align-items: center; flex-wrap: wrap; }
  .words { flex: 1 1 12em; min-width: 0; display: grid; gap: 4px; }
  ha-icon { flex: none; color: var(--tone, var(--secondary-text-color)); }
  .item { border-inline-start: 4px solid var(--tone, transparent); }
  .critical { --tone: var(--error-color); }
  .high { --tone: var(--deep-orange-color, #ff6f22); }
  .warning, .lost { --tone: var(--warning-color); }
  .well, .ok { --tone: var(--success-color); }
  .info, .starting { --tone: var(--info-color); }
  .chip {
    border: 1px solid var(--divider-color); border-radius: 10px; padding: 0 8px; font-size: 12px;
    color: var(--secondary-text-color); display: inline-block; max-width: 100%; overflow-wrap: anywhere;
  }
  .chip::first-letter { text-transform: uppercase; }
  .meta { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; }
  .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .close { gap: 8px; }
  .brief { padding: 8px 16px; }
  .brief h3 { font-size: 14px; line-height: 24px; }
  .clamp { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 6; overflow: hidden; }
  .buttons { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 8px; }
  button, a.button {
    font: inherit; font-weight: 500; min-height: 44px; min-width: 44px; padding: 8px 16px; cursor: pointer;
    border-radius: 22px; border: 1px solid var(--divider-color); background: transparent; color: var(--primary-color);
    text-decoration: none; display: inline-flex; align-items: center; text-align: start; max-width: 100%;
    overflow-wrap: anywhere;
  }
  button.strong {
    background: var(--primary-color); border-color: var(--primary-color); color: var(--text-primary-color, #fff);
  }
  button.wide { width: 100%; justify-content: center; }
  button:hover, a.button:hover { filter: brightness(0.95); border-color: var(--primary-color); }
  button[aria-disabled] { opacity: 0.5; cursor: progress; }
  :focus-visible { outline: 2px solid var(--primary-color); outline-offset: 2px; }
  .failure { color: var(--error-color); margin-top: 8px; }
  .hint { background: var(--secondary-background-color); border-radius: 8px; padding: 8px 12px; margin-top: 4px; }
  details { padding: 0 4px; }
  details ul { gap: 8px; padding: 0 0 8px; }
  summary { cursor: pointer; display: list-item; padding: 10px 0; color: var(--secondary-text-color); }
  ha-card details { padding: 0; }
  dl { display: grid; grid-template-columns: minmax(4.5em, max-content) 1fr; gap: 4px 12px; }
  dt { color: var(--secondary-text-color); }
  dd { min-width: 0; }
  .lines { gap: 0; margin: -8px 0; }
  .words .lines { margin: 0; }
  .lines > li { padding: 8px 0; border-bottom: 1px solid var(--divider-color); }
  .lines > li:last-child { border-bottom: 0; }
  .engine { display: grid; gap: 16px; }
  .facts { grid-template-columns: repeat(auto-fill, minmax(7.5em, 1fr)); gap: 8px 16px; }
  .facts dd { font-weight: 500; font-variant-numeric: tabular-nums; }
  table { width: 100%; border-collapse: collapse; table-layout: fixed; }
  th { color: var(--secondary-text-color); font-weight: 500; text-align: start; }
  th, td { padding-block: 8px; padding-inline: 0 4px; overflow-wrap: anywhere; }
  th, td { border-bottom: 1px solid var(--divider-color); }
  th { overflow-wrap: normal; hyphens: auto; font-size: 13px; }
  td { vertical-align: top; }
  td .chip { margin-inline-start: 8px; }
  .name { width: 36%; }
  .cpu, .memory { text-align: end; font-variant-numeric: tabular-nums; }
  .cpu { width: 17%; }
  .memory { width: 20%; }
  .figure { text-align: end; font-variant-numeric: tabular-nums; }
  .figure span { display: block; }
  .dot {
    display: inline-block; width: 8px; height: 8px; border-radius: 50%; margin-inline-end: 6px; background: var(--tone);
  }
`;

export const SHEET = new CSSStyleSheet();
SHEET.replaceSync(CSS);
