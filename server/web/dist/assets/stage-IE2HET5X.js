import{g as a,h as b,i as c}from"./chunk-Y6QOOWBU.js";import"./chunk-OMYEKLEJ.js";import"./chunk-MLDAEOWH.js";import"./chunk-PJNDDGWT.js";export{a as Stage,c as open,b as styleOf};
