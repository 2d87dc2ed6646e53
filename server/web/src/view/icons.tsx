// Icons, drawn for the page on a grid of 24 with a line of 1.75. All are decoration: the button that holds one has a name.

import type { ComponentChildren } from "preact";

const Icon = ({ children }: { children: ComponentChildren }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    {children}
  </svg>
);

const speaker = <path d="M4 9.5v5h3.2L12 18.5v-13L7.2 9.5z" />;

export const Sound = ({ loud }: { loud: boolean }) => (
  <Icon>
    {speaker}
    <path d="M15.2 9.2a4 4 0 0 1 0 5.6" />
    {loud && <path d="M17.8 6.6a7.6 7.6 0 0 1 0 10.8" />}
  </Icon>
);

export const Silence = () => (
  <Icon>
    {speaker}
    <path d="m15.5 9.8 4.4 4.4m0-4.4-4.4 4.4" />
  </Icon>
);

export const Float = () => (
  <Icon>
    <path d="M20 11V7a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v8.500a2 2 0 0 0 2 2h4" />
    <rect x="13" y="13.5" width="8" height="6" rx="1.3" class="solid" />
  </Icon>
);

export const Fill = ({ on }: { on: boolean }) => (
  <Icon>
    {on ? <path d="M9 4.500V9H4.500M15 4.500V9h4.500M9 19.500V15H4.500M15 19.500V15h4.5" /> : <path d="M4.5 9V4.500H9M15 4.500h4.500V9M4.5 15v4.500H9M15 19.500h4.500V15" />}
  </Icon>
);

export const Signal = () => (
  <Icon>
    <path d="M5 19v-4M10 19v-7M15 19V9M20 19V5" />
  </Icon>
);

export const Eye = () => (
  <Icon>
    <path d="M2.8 12S6 5.8 12 5.8 21.2 12 21.2 12 18 18.2 12 18.2 2.8 12 2.8 12z" />
    <circle cx="12" cy="12" r="2.8" />
  </Icon>
);

export const Play = () => (
  <Icon>
    <path d="M8 5.500v13l10.5-6.500z" class="solid" />
  </Icon>
);

export const Close = () => (
  <Icon>
    <path d="m6.5 6.5 11 11m0-11-11 11" />
  </Icon>
);

export const Talk = () => (
  <Icon>
    <path d="M5 5.500h14a2 2 0 0 1 2 2v7.500a2 2 0 0 1-2 2h-7l-4.500 3.500v-3.500H5a2 2 0 0 1-2-2V7.500a2 2 0 0 1 2-2z" />
  </Icon>
);

export const Heart = ({ solid }: { solid?: boolean }) => (
  <Icon>
    <path class={solid ? "solid" : ""} d="M12 19.500S3.500 14.700 3.500 9.200A4.500 4.500 0 0 1 12 7a4.500 4.500 0 0 1 8.500 2.200c0 5.500-8.500 10.300-8.500 10.300z" />
  </Icon>
);

export const Present = () => (
  <Icon>
    <path d="M4 10.500h16V20H4zM3 7.500h18v3H3zM12 7.500V20M12 7.500S10.500 3.500 8.300 4.200 8.500 7.500 12 7.500zm0 0s1.500-4 3.700-3.300-.2 3.300-3.700 3.300z" />
  </Icon>
);

export const Smile = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.500" />
    <path d="M8.500 14.200a4.200 4.200 0 0 0 7 0M9.200 9.600v.4m5.600-.4v.4" />
  </Icon>
);

export const Send = () => (
  <Icon>
    <path d="M12 19V5.500M6 11.200l6-6 6 6" />
  </Icon>
);

export const Pin = () => (
  <Icon>
    <path d="M9 4h6l-.7 6.200L18 13.500H6l3.700-3.300zM12 13.500V20" />
  </Icon>
);

export const Horn = () => (
  <Icon>
    <path d="M4 10v4h3l9 4.500v-13L7 10zM7 14l1.200 5H11l-1-3.500M19 9.500a3.500 3.500 0 0 1 0 5" />
  </Icon>
);

export const Dots = () => (
  <Icon>
    <path d="M6 12h.01M12 12h.01M18 12h.01" stroke-width="2.600" />
  </Icon>
);

export const Tune = () => (
  <Icon>
    <path d="M4 8h9m5 0h2M4 16h3m5 0h8" />
    <circle cx="15.500" cy="8" r="2.400" />
    <circle cx="9.500" cy="16" r="2.400" />
  </Icon>
);

export const Tick = () => (
  <Icon>
    <path d="m5.500 12.500 4.300 4.300 8.700-9.300" />
  </Icon>
);

export const Down = () => (
  <Icon>
    <path d="M12 5v13.500M6 12.800l6 6 6-6" />
  </Icon>
);

export const Bag = () => (
  <Icon>
    <path d="M5.500 8.500h13l1 11.500h-15zM8.800 11V7.200a3.200 3.200 0 0 1 6.400 0V11" />
  </Icon>
);

export const Back = () => (
  <Icon>
    <path d="M14.500 5.500 8 12l6.500 6.500" />
  </Icon>
);

export const Next = () => (
  <Icon>
    <path d="M9.500 5.500 16 12l-6.500 6.500" />
  </Icon>
);

export const Tiles = () => (
  <Icon>
    <rect x="4" y="4.500" width="7" height="7" rx="1.600" />
    <rect x="13" y="4.500" width="7" height="7" rx="1.600" />
    <rect x="4" y="13.500" width="7" height="6" rx="1.600" />
    <rect x="13" y="13.500" width="7" height="6" rx="1.600" />
  </Icon>
);

/** The mark: a shop window beneath its awning, and in it a show to play. The same as icon.svg. */
export const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="8" />
    <path d="M6 6.500h20V12a2.5 2.5 0 0 1-5 0 2.5 2.5 0 0 1-5 0 2.5 2.5 0 0 1-5 0 2.5 2.5 0 0 1-5 0zM13 18.200v6.600l6.2-3.300z" />
  </svg>
);
